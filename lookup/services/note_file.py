"""Leaving the entries of a signed file: it was begun, continued, ended, or refused and why. Never its name."""

from __future__ import annotations

from collections.abc import Mapping

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
    """
    pepper = context.settings.pepper
    actor = client_token(pepper, client) if client else operator_token(pepper, operator)
    told: dict[str, str | int] = {"act": act, "file": file}
    if client:
        told["client"] = client
    outcome = "refused" if act == "refuse" else "succeeded"
    with context.database.write() as conn:
        draft = Draft("push.file", outcome, actor, None, None, told | dict(detail or {}))
        return str(append(conn, context.pen, draft)[0])
