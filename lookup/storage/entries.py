"""Searching ledger entries, newest first, without ever reading more of the table than an index hands over.

Every query walks one index of `audit_entry` in its order. A filter that no index serves is applied while walking
and the walk ends after SCAN rows: the page then says how far it looked, and the next page goes on from there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, func, select, true, tuple_, union_all

from lookup.ledger.entry import ACTIONS, OUTCOMES, Row
from lookup.storage.tables import audit_checkpoint, audit_entry, audit_run

SCAN = 5_000
_E = audit_entry.c
_ORDER = (_E.ts, _E.writer, _E.seq)


class Key(NamedTuple):
    """Where an entry stands in the list: time (µs), then its place to part entries of one microsecond."""

    ts: int
    writer: int
    seq: int


@dataclass(frozen=True, slots=True)
class Filter:
    """What entries to find; None means any. `since` is included, `until` is not (µs, UTC).

    `actor` and `report` are 16-byte tokens, `net` a prefix as it is written, e.g. "203.0.113.0/24".
    """

    since: int | None = None
    until: int | None = None
    action: str | None = None
    outcome: str | None = None
    actor: bytes | None = None
    report: bytes | None = None
    net: str | None = None


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
    branches, rest = _branches(filter_)
    edge = after if after is not None else before
    walk = _Walk(conn, filter_, edge, backwards)
    stopped = walk.horizon(branches, max(1, scan // len(branches))) if rest else None
    rows = walk.rows(branches, rest, stopped, limit + 1)
    more, rows = len(rows) > limit, rows[:limit]
    stopped = None if more else stopped
    ends = [_key(rows[0]), _key(rows[-1])] if rows else []
    onward = ends[-1] if more else None if stopped is None else _beyond(stopped, backwards)
    back = None if edge is None else ends[0] if ends else _including(edge, backwards)
    if backwards:
        return Found(tuple(rows), onward, back, stopped)
    return Found(tuple(reversed(rows)), back, onward, stopped)


class _Walk:
    """One direction along the list from an edge."""

    def __init__(self, conn: Connection, filter_: Filter, edge: Key | None, backwards: bool) -> None:
        self.conn, self.backwards = conn, backwards
        self.bounds: list[ColumnElement[bool]] = []
        if filter_.since is not None:
            self.bounds.append(_E.ts >= filter_.since)
        if filter_.until is not None:
            self.bounds.append(_E.ts < filter_.until)
        if edge is not None:
            there = tuple_(*edge)
            self.bounds += (
                [_E.ts <= edge.ts, tuple_(*_ORDER) < there]
                if backwards
                else [_E.ts >= edge.ts, tuple_(*_ORDER) > there]
            )

    def horizon(self, branches: Sequence[ColumnElement[bool]], scan: int) -> int | None:
        """Return the time at which the first of the branches has handed over `scan` rows."""
        order = _E.ts.desc() if self.backwards else _E.ts.asc()
        walks = (select(_E.ts).where(b, *self.bounds).order_by(order).limit(1).offset(scan) for b in branches)
        ends = [self.conn.execute(each).scalar() for each in walks]
        known = [each for each in ends if each is not None]
        return None if not known else max(known) if self.backwards else min(known)

    def rows(
        self,
        branches: Sequence[ColumnElement[bool]],
        rest: Sequence[ColumnElement[bool]],
        horizon: int | None,
        limit: int,
    ) -> list[Row]:
        """Return the first rows of all branches together, no further than the horizon, in the walk's order."""
        if horizon is not None:
            rest = [*rest, _E.ts >= horizon if self.backwards else _E.ts <= horizon]
        walks = [self._ordered(select(audit_entry), and_(b, *rest), limit) for b in branches]
        query = walks[0] if len(walks) == 1 else union_all(*(walk.subquery().select() for walk in walks))
        found = [Row(*row) for row in self.conn.execute(query)]
        found.sort(key=_key, reverse=self.backwards)
        return found[:limit]

    def _ordered(self, query: Select[Any], branch: ColumnElement[bool], limit: int) -> Select[Any]:
        order = [each.desc() if self.backwards else each.asc() for each in _ORDER]
        return query.where(branch, *self.bounds).order_by(*order).limit(limit)


def _branches(filter_: Filter) -> tuple[list[ColumnElement[bool]], list[ColumnElement[bool]]]:
    """Split a filter into the starts of index walks to merge, and what is left to check on the way."""
    action = None if filter_.action is None else ACTIONS[filter_.action]
    outcome = None if filter_.outcome is None else OUTCOMES[filter_.outcome]
    rest = [] if filter_.net is None else [_E.net == filter_.net]
    kinds = _equal((_E.action, action), (_E.outcome, outcome))
    if filter_.report is not None:
        return [_E.report == filter_.report], rest + kinds + _equal((_E.actor, filter_.actor))
    if filter_.actor is not None:
        return [_E.actor == filter_.actor], rest + kinds
    if not kinds:
        return [true()], rest
    pairs = (
        and_(_E.action == a, _E.outcome == o)
        for a in (ACTIONS.values() if action is None else (action,))
        for o in (OUTCOMES.values() if outcome is None else (outcome,))
    )
    return list(pairs), rest


def _equal(*pairs: tuple[ColumnElement[object], object]) -> list[ColumnElement[bool]]:
    return [column == value for column, value in pairs if value is not None]


def _key(row: Row) -> Key:
    return Key(row.ts, row.writer, row.seq)


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


def get(conn: Connection, writer: int, seq: int) -> Row | None:
    """Return the entry at a place, or None."""
    row = conn.execute(select(audit_entry).where(_E.writer == writer, _E.seq == seq)).one_or_none()
    return None if row is None else Row(*row)


def index_of(conn: Connection, writer: int, seq: int) -> int | None:
    """Return the entry's index in the Merkle tree; None while it waits for integration."""
    run = audit_run.c
    near = (
        select(run.first_idx, run.first_seq, run.n)
        .where(run.writer == writer, run.first_seq <= seq)
        .order_by(run.first_seq.desc())
        .limit(1)
    )
    row = conn.execute(near).one_or_none()
    if row is None or seq >= row.first_seq + row.n:
        return None
    return int(row.first_idx + seq - row.first_seq)


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
