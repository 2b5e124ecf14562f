"""Searching ledger entries, newest first, without ever reading more of the table than an index hands over.

Every search walks one index of `audit_entry` in its order (`walking`). A filter that no index serves is applied while
walking and the walk ends after SCAN rows: the page then says how far it looked, and the next page goes on from there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, func, select

from lookup.ledger.entry import ACTIONS, COLUMNS, OUTCOMES, Row
from lookup.storage import walking
from lookup.storage.direct import ask
from lookup.storage.tables import audit_checkpoint, audit_entry
from lookup.storage.walking import Filter, Key, Walk

__all__ = [
    "Covering",
    "Filter",
    "Found",
    "Key",
    "about",
    "checkpoint_over",
    "count",
    "count_all",
    "get",
    "index_of",
    "search",
]

SCAN = 5_000
_ONE = f"SELECT {', '.join(COLUMNS)} FROM audit_entry WHERE writer = :writer AND seq = :seq"  # noqa: S608 - no input
_RUN_BEFORE = (
    "SELECT first_idx, first_seq, n FROM audit_run WHERE writer = :writer AND first_seq <= :seq "
    "ORDER BY first_seq DESC LIMIT 1"
)
_E = audit_entry.c


@dataclass(frozen=True, slots=True)
class Found:
    """One page, newest first. `older`/`newer` are where to go on, None at an end.

    `stopped` (µs) is set when the walk ended after SCAN rows with the page not full: nothing nearer matches.
    """

    rows: tuple[Row, ...]
    older: Key | None
    newer: Key | None
    stopped: int | None = None


def search(
    conn: Connection,
    filter_: Filter,
    limit: int,
    before: Key | None = None,
    after: Key | None = None,
    scan: int = SCAN,
) -> Found:
    """Return at most `limit` entries that match, those next below `before`, or next above `after`, or the newest.

    Raises KeyError for an action or outcome that does not exist.
    """
    backwards = after is None
    edge = after if after is not None else before
    rows, stopped = Walk(conn, filter_, edge, backwards).page(limit + 1, scan)
    more, rows = len(rows) > limit, rows[:limit]
    stopped = None if more else stopped
    ends = [walking.key(rows[0]), walking.key(rows[-1])] if rows else []
    onward = ends[-1] if more else None if stopped is None else _beyond(stopped, backwards)
    back = None if edge is None else ends[0] if ends else _including(edge, backwards)
    if backwards:
        return Found(tuple(rows), onward, back, stopped)
    return Found(tuple(reversed(rows)), back, onward, stopped)


def _beyond(ts: int, backwards: bool) -> Key:
    """Everything of this microsecond was seen: go on at the next."""
    return Key(ts, 0, 0) if backwards else Key(ts + 1, 0, 0)


def _including(edge: Key, backwards: bool) -> Key:
    """The edge from which the entry at `edge` itself is met when walking the other way."""
    return edge._replace(seq=edge.seq - 1 if backwards else edge.seq + 1)


def count(conn: Connection, outcomes: Iterable[str], since: int, most: int) -> dict[str, int]:
    """Return how many entries since `since` (µs) have each outcome, counting no further than `most`."""
    return {name: _counted(conn, _with_outcome(OUTCOMES[name], since), most) for name in outcomes}


def count_all(conn: Connection, since: int, most: int) -> int:
    """Return how many entries there are since `since` (µs), counting no further than `most`."""
    return _counted(conn, _E.ts >= since, most)


def _with_outcome(outcome: int, since: int) -> ColumnElement[bool]:
    return and_(_E.action.in_(tuple(ACTIONS.values())), _E.outcome == outcome, _E.ts >= since)


def _counted(conn: Connection, where: ColumnElement[bool], most: int) -> int:
    some = select(_E.ts).where(where).limit(most).subquery()
    return int(conn.execute(select(func.count()).select_from(some)).scalar_one())


def about(conn: Connection, report: bytes, actions: Iterable[str], since: int) -> list[Row]:
    """Return the entries of these actions about one report since `since` (µs), in no order."""
    codes = [ACTIONS[name] for name in actions]
    query = select(audit_entry).where(_E.report == report, _E.ts >= since, _E.action.in_(codes))
    return [Row(*row) for row in conn.execute(query)]


def get(conn: Connection, writer: int, seq: int) -> Row | None:
    """Return the entry at a place, or None."""
    found = ask(conn, _ONE, writer=writer, seq=seq)
    return Row(*found[0]) if found else None


def index_of(conn: Connection, writer: int, seq: int) -> int | None:
    """Return the entry's index in the Merkle tree; None while it waits for integration."""
    for first_idx, first_seq, n in ask(conn, _RUN_BEFORE, writer=writer, seq=seq):
        return int(first_idx + seq - first_seq) if seq < first_seq + n else None
    return None


@dataclass(frozen=True, slots=True)
class Covering:
    """A signed checkpoint: tree size, root (32 bytes), time of signing (µs) and the whole note."""

    size: int
    root: bytes
    ts: int
    note: str


def checkpoint_over(conn: Connection, index: int) -> Covering | None:
    """Return the first checkpoint whose tree holds the entry of this index, or None."""
    c = audit_checkpoint.c
    query = select(c.size, c.root, c.ts, c.note).where(c.size > index).order_by(c.size).limit(1)
    row = conn.execute(query).one_or_none()
    return None if row is None else Covering(*row)
