"""Walks along the indexes of `audit_entry`: which one serves a filter, from where, in what order.

A search by action or outcome merges a walk for each pair of the two, on PostgreSQL in one statement, planned once.
There the order that a walk asks for is one that only its own index has (`tables` says why).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Connection,
    FromClause,
    Select,
    SmallInteger,
    and_,
    case,
    column,
    false,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
    union_all,
)

from lookup.ledger.entry import ACTIONS, OUTCOMES, Row
from lookup.storage.tables import ABOUT, COARSE, audit_entry

_E = audit_entry.c
_PLACE = (_E.ts, _E.writer, _E.seq)
_COARSE_BITS = 22
Condition = ColumnElement[bool]
Number = ColumnElement[int]


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


class _Path(NamedTuple):
    """The starts of the walks to merge, what is left to check on the way, how many walks there are.

    `kinds` are the pairs for which one statement makes the walks; `coarse` says that the index sorts by the time cut
    short, `times` that it is the index by time alone.
    """

    starts: list[Condition]
    rest: list[tuple[ColumnElement[Any], object]]
    walks: int = 1
    kinds: FromClause | None = None
    coarse: bool = False
    times: bool = False


class Walk:
    """One direction along what a filter finds, from an edge or the end. KeyError for an unknown action or outcome."""

    def __init__(self, conn: Connection, filter_: Filter, edge: Key | None, backwards: bool) -> None:
        self.conn, self.backwards = conn, backwards
        self.postgresql = conn.dialect.name == "postgresql"
        self.path = _path(filter_, self.postgresql)
        self.bounds: list[Condition] = []
        if filter_.since is not None:
            self.bounds += self._from(filter_.since)
        if filter_.until is not None:
            self.bounds += self._to(filter_.until - 1)
        if edge is not None:
            here, there = tuple_(*_PLACE), tuple_(*edge)
            self.bounds += (
                [*self._to(edge.ts), here < there] if backwards else [*self._from(edge.ts), here > there]
            )

    def page(self, limit: int, scan: int) -> tuple[list[Row], int | None]:
        """Return the first rows of all walks together and, in µs, how far was looked; None means to the end.

        The walks end when one of them has handed over its share of `scan` rows, if there is anything left to check.
        """
        if not self.path.rest:
            return self._rows(None, limit), None
        share = max(1, scan // self.path.walks)
        if self.postgresql:
            return self._checked(limit, share)
        walks = [
            self._ordered(select(_E.ts), start, _PLACE[:1]).limit(1).offset(share)
            for start in self.path.starts
        ]
        ends = self.conn.execute(_merged(walks)).scalars().all()
        horizon = None if not ends else max(ends) if self.backwards else min(ends)
        return self._rows(horizon, limit), horizon

    def _rows(self, horizon: int | None, limit: int) -> list[Row]:
        rest = [column == value for column, value in self.path.rest]
        if horizon is not None:
            rest += self._from(horizon) if self.backwards else self._to(horizon)
        walks = [
            self._each(self._ordered(select(audit_entry), and_(start, *rest), _PLACE).limit(limit))
            for start in self.path.starts
        ]
        found = [Row(*row) for row in self.conn.execute(_merged(walks))]
        found.sort(key=key, reverse=self.backwards)
        return found[:limit]

    def _checked(self, limit: int, share: int) -> tuple[list[Row], int | None]:
        """Both in one statement, so that they are of one moment.

        What is to check stands outside of the walk, whose limit says what it costs: told of both, PostgreSQL may guess
        that so little is found that reading everything is cheaper.
        """
        start, by_time = self.path.starts[0], _PLACE[:1]
        ends = self._each(self._ordered(select(_E.ts), start, by_time).limit(1).offset(share)).subquery()
        far = func.max(ends.c.ts) if self.backwards else func.min(ends.c.ts)
        horizon = select(far.label("ts")).subquery()
        walked = self._ordered(select(audit_entry), start, by_time).fetch(share + 1, with_ties=True)
        walk = self._each(walked).subquery()
        near = walk.c.ts >= horizon.c.ts if self.backwards else walk.c.ts <= horizon.c.ts
        rest = [walk.c[column.name] == value for column, value in self.path.rest]
        found = select(walk).where(or_(horizon.c.ts.is_(None), near), *rest)
        order = self._order([walk.c[column.name] for column in _PLACE])
        each = found.order_by(*order).limit(limit).lateral()
        query = select(horizon.c.ts.label("horizon"), each).select_from(horizon.outerjoin(each, true()))
        rows = self.conn.execute(query).all()
        return [Row(*row[1:]) for row in rows if row[1] is not None], rows[0][0]

    def _from(self, ts: int) -> list[Condition]:
        coarse = [literal(ts >> _COARSE_BITS, BigInteger) <= COARSE] if self.path.coarse else []
        return [_E.ts >= ts, *coarse]

    def _to(self, ts: int) -> list[Condition]:
        coarse = [literal(ts >> _COARSE_BITS, BigInteger) >= COARSE] if self.path.coarse else []
        return [_E.ts <= ts, *coarse]

    def _ordered(self, query: Select[Any], start: Condition, by: Sequence[Number]) -> Select[Any]:
        coarse = [COARSE] if self.path.coarse else []
        return query.where(start, *self.bounds).order_by(*self._order([*coarse, *by]))

    def _order(self, by: Sequence[Number]) -> list[Number]:
        """The columns in the walk's direction; what sorts by time alone has an order of its own."""
        first, *others = [each.desc() if self.backwards else each.asc() for each in by]
        if self.path.times:
            first = first.nulls_last() if self.backwards else first.nulls_first()
        return [first, *others]

    def _each(self, walk: Select[Any]) -> Select[Any]:
        """The walk itself, or one for each of the kinds, whose columns its start names."""
        if self.path.kinds is None:
            return walk
        each = walk.lateral()
        return select(each).select_from(self.path.kinds.join(each, true()))


def _merged(walks: Sequence[Select[Any]]) -> Select[Any] | CompoundSelect[Any]:
    return walks[0] if len(walks) == 1 else union_all(*(walk.subquery().select() for walk in walks))


def _path(filter_: Filter, postgresql: bool) -> _Path:
    action = None if filter_.action is None else ACTIONS[filter_.action]
    outcome = None if filter_.outcome is None else OUTCOMES[filter_.outcome]
    net, kinds = _given((_E.net, filter_.net)), _given((_E.action, action), (_E.outcome, outcome))
    if filter_.report is not None:
        start = _of_report(filter_.report) if postgresql else _E.report == filter_.report
        return _Path([start], net + kinds + _given((_E.actor, filter_.actor)), coarse=postgresql)
    if filter_.actor is not None:
        return _Path([_E.actor == filter_.actor], net + kinds)
    if not kinds:
        return _Path([true()], net, times=True)
    if len(kinds) == 2:
        return _Path([and_(_E.action == action, _E.outcome == outcome)], net)
    pairs = [
        (a, o)
        for a in (ACTIONS.values() if action is None else (action,))
        for o in (OUTCOMES.values() if outcome is None else (outcome,))
    ]
    if postgresql:
        named = _named(pairs)
        same = and_(_E.action == named.c.action, _E.outcome == named.c.outcome)
        return _Path([same], net, len(pairs), named)
    return _Path([and_(_E.action == a, _E.outcome == o) for a, o in pairs], net, len(pairs))


def _of_report(report: bytes) -> Condition:
    """The whole token stands in a CASE: PostgreSQL would multiply its frequency by that of its own beginning."""
    whole = case((_E.report == report, true()), else_=false())
    return and_(literal(report[:3]) == ABOUT, whole)


def _named(pairs: Sequence[tuple[int, int]]) -> FromClause:
    """A table of the pairs, `kind (action, outcome)`."""
    columns = (literal(list(each), ARRAY(SmallInteger)) for each in zip(*pairs, strict=True))
    names = (column(name, SmallInteger) for name in ("action", "outcome"))
    return func.unnest(*columns).table_valued(*names).render_derived("kind")


def _given(*pairs: tuple[ColumnElement[Any], object]) -> list[tuple[ColumnElement[Any], object]]:
    return [(column, value) for column, value in pairs if value is not None]


def key(row: Row) -> Key:
    """Where a row stands in the list."""
    return Key(row.ts, row.writer, row.seq)
