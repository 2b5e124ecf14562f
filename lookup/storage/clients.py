"""Rows of push clients, their keys and used nonces, as frozen values; who may do what is decided by the services."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, select, text, update

from lookup.storage.bulk import add_new
from lookup.storage.direct import ask, put
from lookup.storage.tables import client, client_key


class ClientRow(NamedTuple):
    """A registered client. `units` and `kinds` are tuples; times µs since the epoch; `expires` None: never."""

    id: str
    name: str
    source: str
    units: tuple[str, ...]
    kinds: tuple[str, ...]
    created: int
    expires: int | None
    suspended: bool


class KeyRow(NamedTuple):
    """A key. `material`: 32-byte public key for `ed25519`, the sealed secret for `hmac-sha256`."""

    id: str
    client: str
    algorithm: str
    material: bytes
    created: int
    expires: int | None
    revoked: bool


_CLIENT = [getattr(client.c, name) for name in ClientRow._fields]
_KEY = [getattr(client_key.c, name) for name in KeyRow._fields]
_FIND = (
    f"SELECT {', '.join(f'client_key.{name}' for name in KeyRow._fields)}, "  # noqa: S608 - no input
    f"{', '.join(f'client.{name}' for name in ClientRow._fields)} "
    "FROM client_key JOIN client ON client.id = client_key.client WHERE client_key.id = :key"
)
_ALONE = text("SELECT pg_advisory_xact_lock(hashtextextended('client', 14))")
_KNOWN = "SELECT 1 FROM push_nonce WHERE key = :key AND nonce = :nonce"


def alone(conn: Connection) -> None:
    """Wait until nobody else changes the register of clients and keys; others wait until the transaction ends."""
    if conn.dialect.name == "postgresql":
        conn.execute(_ALONE)


def find(conn: Connection, key: str) -> tuple[ClientRow, KeyRow] | None:
    """Return the key with this id and its client, whatever their state; None when unknown."""
    rows = ask(conn, _FIND, key=key)
    length = len(KeyRow._fields)
    return (_client(rows[0][length:]), KeyRow(*rows[0][:length])) if rows else None


def spend_nonces(conn: Connection, rows: Sequence[tuple[str, str, int]]) -> set[tuple[str, str]]:
    """Remember (key, nonce, expires in µs) each; returns those (key, nonce) that had not been used before.

    They are taken in one order, so that no two transactions wait for each other's.
    """
    taken = [dict(zip(("key", "nonce", "expires"), row, strict=True)) for row in sorted(rows)]
    tail = " ON CONFLICT (key, nonce) DO NOTHING RETURNING key, nonce"
    return {(key, nonce) for key, nonce in put(conn, "push_nonce", taken, tail)}


def knows_nonce(conn: Connection, key: str, nonce: str) -> bool:
    """Say whether a nonce of a key is remembered."""
    return bool(ask(conn, _KNOWN, key=key, nonce=nonce))


def by_id(conn: Connection, id_: str) -> ClientRow | None:
    """Return a client, or None."""
    row = conn.execute(select(*_CLIENT).where(client.c.id == id_)).one_or_none()
    return None if row is None else _client(row)


def by_source(conn: Connection, source: str) -> ClientRow | None:
    """Return the client that sends under a source URI, or None."""
    row = conn.execute(select(*_CLIENT).where(client.c.source == source)).one_or_none()
    return None if row is None else _client(row)


def every(conn: Connection) -> list[ClientRow]:
    """Return all clients by id."""
    return [_client(row) for row in conn.execute(select(*_CLIENT).order_by(client.c.id))]


def keys_of(conn: Connection, id_: str) -> list[KeyRow]:
    """Return the keys of a client, oldest first."""
    query = select(*_KEY).where(client_key.c.client == id_).order_by(client_key.c.created, client_key.c.id)
    return [KeyRow(*row) for row in conn.execute(query)]


def keys_by(conn: Connection, algorithm: str) -> list[KeyRow]:
    """Return the keys of every client that sign by an algorithm, revoked and expired ones too."""
    return [KeyRow(*row) for row in conn.execute(select(*_KEY).where(client_key.c.algorithm == algorithm))]


def add(conn: Connection, row: ClientRow) -> None:
    """Insert a client; an id or source that is taken raises TakenError."""
    add_new(conn, client, [_columns(row)])


def replace(conn: Connection, row: ClientRow) -> None:
    """Store a client's new name, scope, expiry and suspension."""
    conn.execute(update(client).where(client.c.id == row.id), _columns(row))


def add_key(conn: Connection, row: KeyRow) -> None:
    """Insert a key; an id that is taken raises TakenError."""
    add_new(conn, client_key, [row._asdict()])


def revoke_key(conn: Connection, key: str) -> None:
    """Mark a key as revoked for good."""
    conn.execute(update(client_key).where(client_key.c.id == key).values(revoked=True))


def _client(row: Row[Any] | tuple[Any, ...]) -> ClientRow:
    values = dict(zip(ClientRow._fields, row, strict=True))
    for name in ("units", "kinds"):
        values[name] = tuple(json.loads(values[name]))
    return ClientRow(**values)


def _columns(row: ClientRow) -> dict[str, Any]:
    return row._asdict() | {"units": json.dumps(row.units), "kinds": json.dumps(row.kinds)}
