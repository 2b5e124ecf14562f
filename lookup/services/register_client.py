"""Registering the systems that may push events, their scope and keys; every act is a ledger entry."""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType

from lookup.services import client_scope
from lookup.services.actors import client_token
from lookup.services.authenticate_client import KEY_PURPOSE
from lookup.services.client_scope import NEVER as NEVER
from lookup.services.client_scope import Amendment as Amendment
from lookup.services.client_scope import Refusal as Refusal
from lookup.services.client_scope import Scope as Scope
from lookup.services.contexts import PushContext
from lookup.services.sealing import seal, unseal
from lookup.storage import clients
from lookup.storage.clients import ClientRow, KeyRow
from lookup.storage.database import Transaction
from lookup.storage.lanes import Draft, append, now_us

ALGORITHMS = ("ed25519", "hmac-sha256")
LIVE_KEYS = 2
_ID = re.compile(r"[a-z][a-z0-9-]{1,31}")
_SOURCE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!-~]{1,180}")


@dataclass(frozen=True, slots=True)
class Unchanged:
    """What was asked for was so already: nothing was changed, and there is no entry of it."""

    row: ClientRow


def register(
    context: PushContext, operator: str, id_: str, name: str, source: str, scope: Scope
) -> ClientRow | Refusal:
    """Add a client; its source URI may not belong to another."""
    refusal = _unfit(id_, name, source) or client_scope.unfit(scope)
    if refusal:
        return refusal
    row = ClientRow(id_, name, source, (), (), now_us(), None, False)
    row = client_scope.amended(row, scope)
    with _alone(context) as conn:
        if clients.by_id(conn, id_):
            return Refusal("taken", "There is a client with this id already; `lookup client show` prints it.")
        if clients.by_source(conn, source):
            return Refusal("taken", "Another client sends under this source URI; sources are never shared.")
        clients.add(conn, row)
        _enter(context, conn, operator, id_, "register", scope=client_scope.scope_told(row))
    return row


def rescope(
    context: PushContext, operator: str, id_: str, scope: Scope | Amendment
) -> ClientRow | Unchanged | Refusal:
    """Change what a client may speak for and until when, wholly or in part; the entry says what was and what is."""
    if refusal := client_scope.unfit(scope):
        return refusal
    return _change(context, operator, id_, "scope", lambda row: client_scope.amended(row, scope))


def suspend(context: PushContext, operator: str, id_: str) -> ClientRow | Unchanged | Refusal:
    """Refuse everything of a client until `resume`."""
    return _change(context, operator, id_, "suspend", lambda row: row._replace(suspended=True))


def resume(context: PushContext, operator: str, id_: str) -> ClientRow | Unchanged | Refusal:
    """End a suspension; whether pushes are taken then depends on the client's expiry too."""
    return _change(context, operator, id_, "resume", lambda row: row._replace(suspended=False))


def add_key(
    context: PushContext, operator: str, id_: str, algorithm: str, material: bytes, expires: int | None = None
) -> KeyRow | Refusal:
    """Add a key: a 32-byte Ed25519 public key or an HMAC secret of at least 32 bytes. Two may live at once.

    Material that any client has or had is refused: a revoked key would live on, or two names stand for one holder.
    """
    if algorithm not in ALGORITHMS:
        return Refusal("algorithm", f"The algorithm must be one of {', '.join(ALGORITHMS)}.")
    if len(material) < 32 or (algorithm == "ed25519" and len(material) != 32):
        return Refusal("material", "An Ed25519 public key has exactly 32 bytes, an HMAC secret at least 32.")
    stored = material if algorithm == "ed25519" else seal(context.settings.seal_key, KEY_PURPOSE, material)
    row = KeyRow(f"{id_}.{secrets.token_hex(4)}", id_, algorithm, stored, now_us(), expires, False)
    with _alone(context) as conn:
        if clients.by_id(conn, id_) is None:
            return _unknown()
        if taken := _registered(context, conn, algorithm, material):
            return taken
        if len(live(clients.keys_of(conn, id_), row.created)) >= LIVE_KEYS:
            return Refusal("two_keys", "Two keys are live already. Revoke the older one first.")
        clients.add_key(conn, row)
        _enter(context, conn, operator, id_, "key-add", row.id)
    return row


def revoke_key(context: PushContext, operator: str, key: str) -> ClientRow | Unchanged | Refusal:
    """Revoke a key for good; what it signed before stays."""
    with _alone(context) as conn:
        found = clients.find(conn, key)
        if found is None:
            return Refusal("unknown", "There is no such key; `lookup client show` lists them.")
        if found[1].revoked:
            return Unchanged(found[0])
        clients.revoke_key(conn, key)
        _enter(context, conn, operator, found[0].id, "key-revoke", key)
    return found[0]


def listed(context: PushContext) -> list[ClientRow]:
    """Return every client."""
    with context.database.read() as conn:
        return clients.every(conn)


def shown(context: PushContext, id_: str) -> tuple[ClientRow, list[KeyRow]] | Refusal:
    """Return a client and its keys."""
    with context.database.read() as conn:
        row = clients.by_id(conn, id_)
        return _unknown() if row is None else (row, clients.keys_of(conn, id_))


def live(keys: Sequence[KeyRow], now: int) -> list[KeyRow]:
    """Return those of `keys` that may sign at `now` (µs)."""
    return [key for key in keys if not key.revoked and (key.expires is None or key.expires > now)]


@contextmanager
def _alone(context: PushContext) -> Iterator[Transaction]:
    """Own a transaction in which nobody else registers anything: what is looked up stays true until it ends."""
    with context.database.write() as conn:
        clients.alone(conn)
        yield conn


def _change(
    context: PushContext, operator: str, id_: str, act: str, change: Callable[[ClientRow], ClientRow]
) -> ClientRow | Unchanged | Refusal:
    with _alone(context) as conn:
        before = clients.by_id(conn, id_)
        if before is None:
            return _unknown()
        after = change(before)
        if after == before:
            return Unchanged(before)
        clients.replace(conn, after)
        _enter(context, conn, operator, id_, act, scope=client_scope.scope_told(after, before))
    return after


def _registered(context: PushContext, conn: Transaction, algorithm: str, material: bytes) -> Refusal | None:
    """Refuse material that a key of any client has, live or not; a sealed secret is opened to compare it."""
    for row in clients.keys_by(conn, algorithm):
        known: bytes | None = row.material
        if algorithm == "hmac-sha256":
            known = unseal(context.settings.seal_key, KEY_PURPOSE, row.material)
        if known is None or not hmac.compare_digest(known, material):
            continue
        if row.revoked:
            return Refusal(
                "key_revoked", f"This key was registered as {row.id} and was revoked; make a new one."
            )
        return Refusal("key_taken", f"This key is already registered as {row.id}; make a new one.")
    return None


def _unknown() -> Refusal:
    return Refusal("unknown", "There is no such client; `lookup client list` shows all.")


def _unfit(id_: str, name: str, source: str) -> Refusal | None:
    if not _ID.fullmatch(id_):
        return Refusal("id", "The id is 2 to 32 small letters, digits and hyphens, beginning with a letter.")
    if not name.strip() or len(name) > 80 or not name.isprintable():
        return Refusal("name", "The name is 1 to 80 printable characters.")
    if not _SOURCE.fullmatch(source):
        return Refusal("source", "The source is an absolute URI such as urn:yunxi:110 without spaces.")
    return None


def _enter(
    context: PushContext,
    conn: Transaction,
    operator: str,
    id_: str,
    act: str,
    key: str | None = None,
    scope: Mapping[str, str | int] = MappingProxyType({}),
) -> None:
    detail = {"client": id_, "act": act} | ({"key": key} if key else {}) | dict(scope)
    actor = client_token(context.settings.pepper, f"operator:{operator}")
    append(conn, context.pen, Draft("admin.client", "succeeded", actor, None, None, detail))
