"""Rows of push clients, their keys and used nonces, as frozen values; who may do what is decided by the services."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, bindparam, insert, select, text, update

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
    select(*_KEY, *(column.label(f"client_{column.name}") for column in _CLIENT))
    .join(client, client.c.id == client_key.c.client)
    .where(client_key.c.id == bindparam("key"))
)
_SPEND = text(
    "INSERT INTO push_nonce (key, nonce, expires) VALUES (:key, :nonce, :expires) "
    "ON CONFLICT (key, nonce) DO NOTHING"
)


def find(conn: Connection, key: str) -> tuple[ClientRow, KeyRow] | None:
    """Return the key with this id and its client, whatever their state; None when unknown."""
    row = conn.execute(_FIND, {"key": key}).one_or_none()
    return None if row is None else (_client(row[len(_KEY) :]), KeyRow(*row[: len(_KEY)]))


def spend_nonce(conn: Connection, key: str, nonce: str, expires: int) -> bool:
    """Remember a nonce of a key until `expires` (µs); False when it was used before."""
    return bool(conn.execute(_SPEND, {"key": key, "nonce": nonce, "expires": expires}).rowcount)


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


def add(conn: Connection, row: ClientRow) -> None:
    """Insert a client; an id or source that is taken raises IntegrityError."""
    conn.execute(insert(client), _columns(row))


def replace(conn: Connection, row: ClientRow) -> None:
    """Store a client's new name, scope, expiry and suspension."""
    conn.execute(update(client).where(client.c.id == row.id), _columns(row))


def add_key(conn: Connection, row: KeyRow) -> None:
    """Insert a key; an id that is taken raises IntegrityError."""
    conn.execute(insert(client_key), row._asdict())


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
