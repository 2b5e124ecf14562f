"""Refused events of known clients: kept sealed, with the reason, until something or somebody ends them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from lookup.storage.direct import ask
from lookup.storage.quarantine_tables import quarantine

NEWEST = 1 << 62
"""Below it lie all items."""

_Q = quarantine.c


class Item(NamedTuple):
    """One refused event. `problem` is JSON (field, rule, article, text); times are µs (UTC).

    `unit` is the unit it spoke for where its client may speak for it, else ""; `settled` the id of the event that
    ended it, `reason` why it was closed by hand; `ended` None while it is open.
    """

    id: int
    client: str
    source: str
    event: str
    received: int
    judged: int
    digest: bytes
    problem: str
    rule: str
    unit: str
    state: str
    settled: str
    reason: str
    ended: int | None


_CHANGEABLE = ("problem", "rule", "judged", "state", "ended", "settled", "reason")
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended(:source, 23))")
_ITEM = [getattr(_Q, name) for name in Item._fields]
_UNTAKEN = (
    "SELECT 1 FROM quarantine WHERE client = :client AND state IN ('open', 'closed', 'withdrawn') LIMIT 1"
)


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose items may be seen: of these units (prefixes), and those without a unit of these clients."""

    units: tuple[str, ...]
    clients: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sought:
    """What items to find; None means any. `since` is included, `until` is not (µs, UTC); `beyond`: ids above it."""

    item: int | None = None
    beyond: int | None = None
    client: str | None = None
    source: str | None = None
    state: str | None = None
    rule: str | None = None
    event: str | None = None
    since: int | None = None
    until: int | None = None
    scope: Scope | None = None


def keep(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep refused events of one source in this order; the same one again (source, event, digest) is kept once."""
    if rows:
        if (
            conn.dialect.name == "postgresql"
        ):  # the same events in another order, at once, would wait for each other
            conn.execute(_ONE_AT_A_TIME, {"source": rows[0]["source"]})
        dialect = postgresql if conn.dialect.name == "postgresql" else sqlite
        insert = dialect.insert(quarantine)
        conn.execute(insert.on_conflict_do_nothing(index_elements=["source", "event", "digest"]), rows)


def hold(conn: Connection, source: str, events: Sequence[str]) -> list[Item]:
    """Return the items of a source under these event ids, locked against other writers until the transaction ends."""
    query = select(*_ITEM).where(_Q.source == source, _Q.event.in_(events)).order_by(_Q.id)
    return [Item(*row) for row in conn.execute(query.with_for_update())]


def untaken(conn: Connection, client: str) -> bool:
    """Say whether a client has any item of which nothing has been taken yet; most have none."""
    return bool(ask(conn, _UNTAKEN, client=client))


def hold_one(conn: Connection, id_: int) -> Item | None:
    """Return one item, locked against other writers until the transaction ends, or None."""
    row = conn.execute(select(*_ITEM).where(_Q.id == id_).with_for_update()).one_or_none()
    return None if row is None else Item(*row)


def change(conn: Connection, items: Sequence[Item]) -> None:
    """Store what became of held items: reason, times, state and what settled them; nothing else can change."""
    if items:
        statement = update(quarantine).where(_Q.id == bindparam("id_"))
        rows = [{"id_": item.id} | {name: getattr(item, name) for name in _CHANGEABLE} for item in items]
        conn.execute(statement.values({name: bindparam(name) for name in _CHANGEABLE}), rows)


def some(conn: Connection, ids: Sequence[int], scope: Scope | None = None) -> list[Item]:
    """Return those of the items that are there and that `scope` may see, by id."""
    query = select(*_ITEM).where(_Q.id.in_(ids), *_where(Sought(scope=scope))).order_by(_Q.id)
    return [Item(*row) for row in conn.execute(query)]


def sealed_body(conn: Connection, id_: int) -> bytes:
    """Return the sealed bytes of an item that is there."""
    return bytes(conn.execute(select(_Q.sealed).where(_Q.id == id_)).scalar_one())


def search(
    conn: Connection, sought: Sought, limit: int, *, above: int = 0, below: int | None = None
) -> list[Item]:
    """Return at most `limit` items: the oldest with an id above `above`, or, with `below`, the newest under it."""
    query = select(*_ITEM).where(_Q.id > above, *_where(sought)).order_by(_Q.id).limit(limit)
    if below is not None:
        query = select(*_ITEM).where(_Q.id < below, *_where(sought)).order_by(_Q.id.desc()).limit(limit)
    return [Item(*row) for row in conn.execute(query)]


def ids(conn: Connection, sought: Sought, most: int | None) -> list[int]:
    """Return the ids of the items that match, at most `most` of them, oldest first."""
    return list(conn.execute(select(_Q.id).where(*_where(sought)).order_by(_Q.id).limit(most)).scalars())


def count(conn: Connection, sought: Sought, most: int) -> int:
    """Return how many items match, counting no further than `most`."""
    some = select(_Q.id).where(*_where(sought)).limit(most).subquery()
    return int(conn.execute(select(func.count()).select_from(some)).scalar_one())


def tally(conn: Connection, sought: Sought) -> list[tuple[str, str, int, int]]:
    """Return (client, rule, how many, the newest id) of the items that match, the most first."""
    number = func.count()
    query = (
        select(_Q.client, _Q.rule, number, func.max(_Q.id))
        .where(*_where(sought))
        .group_by(_Q.client, _Q.rule)
    )
    return [tuple(row) for row in conn.execute(query.order_by(number.desc(), _Q.client, _Q.rule))]


def _where(sought: Sought) -> list[ColumnElement[bool]]:
    pairs: tuple[tuple[ColumnElement[Any], Any], ...] = (
        (_Q.id, sought.item),
        (_Q.client, sought.client),
        (_Q.source, sought.source),
        (_Q.state, sought.state),
        (_Q.rule, sought.rule),
        (_Q.event, sought.event),
    )
    found: list[ColumnElement[bool]] = [column == value for column, value in pairs if value is not None]
    if sought.beyond is not None:
        found.append(_Q.id > sought.beyond)
    if sought.since is not None:
        found.append(_Q.received >= sought.since)
    if sought.until is not None:
        found.append(_Q.received < sought.until)
    if sought.scope is not None:
        units = [_Q.unit.startswith(prefix, autoescape=True) for prefix in sought.scope.units]
        found.append(or_(*units, and_(_Q.unit == "", _Q.client.in_(sought.scope.clients))))
    return found
