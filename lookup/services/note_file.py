"""Leaving the entries of a signed file: it was begun, continued, ended, or refused and why. Never its name."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping

from lookup.domain.naming import holds_number
from lookup.services.actors import client_token, operator_token
from lookup.services.contexts import PushContext
from lookup.storage.lanes import Draft, append


def note_file(
    context: PushContext,
    act: str,
    file: str,
    *,
    client: str | None = None,
    operator: str = "",
    detail: Mapping[str, str | int] | None = None,
) -> str:
    """Write one `push.file` entry (act begin, continue, end or refuse) and return its place.

    The actor is the client when its signature was verified, else the operator (login name) who had it imported.
    Then the file's id is entered as a keyed digest, for anybody can have written it, and so is one that may hold a
    number: a random one can look like that, so it is no reason to refuse the file.
    """
    pepper = context.settings.pepper
    actor = client_token(pepper, client) if client else operator_token(pepper, operator)
    clear = not file or (client is not None and not holds_number(file, context.settings.incident_pattern))
    told: dict[str, str | int] = {"act": act, "file": file if clear else _keyed(pepper, file)}
    if client:
        told["client"] = client
    outcome = "refused" if act == "refuse" else "succeeded"
    with context.database.write() as conn:
        draft = Draft("push.file", outcome, actor, None, None, told | dict(detail or {}))
        return str(append(conn, context.pen, draft)[0])


def _keyed(pepper: bytes, file: str) -> str:
    digest = hmac.digest(pepper, b"file\0" + file.encode(), "sha256")[:16]
    return "hmac:" + base64.b32encode(digest).decode().rstrip("=").lower()
