"""Sequence numbers of each source: those that came, read from what is stored anyway, and the folded track.

A number has come with an event or with something kept in quarantine; pushing writes nothing more than these.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    and_,
    column,
    delete,
    insert,
    select,
    union_all,
    values,
)
from sqlalchemy.dialects import postgresql, sqlite

from lookup.domain.sequence import Gap, Range, Seen, Track
from lookup.storage.oversight_tables import sequence_gap, sequence_track
from lookup.storage.quarantine_tables import quarantine
from lookup.storage.tables import event

_GAPS_AT_ONCE = 100


def track_of(conn: Connection, source: str) -> Track | None:
    """Return the track of a source as it was last folded, or None."""
    row = conn.execute(select(sequence_track).where(sequence_track.c.source == source)).one_or_none()
    if row is None:
        return None
    columns = sequence_gap.c
    query = select(columns.first, columns.last, columns.since).where(columns.source == source)
    gaps = tuple(Gap(*found) for found in conn.execute(query.order_by(columns.first)))
    return Track(row.first, row.last, row.begun, gaps)


def anything(conn: Connection, source: str) -> bool:
    """Say whether a source has ever sent an event, numbered or not, taken or refused."""
    found = [select(table.c.source).where(table.c.source == source).limit(1) for table in (event, quarantine)]
    return any(conn.execute(query).first() for query in found)


def store(conn: Connection, source: str, before: Track | None, after: Track) -> None:
    """Replace a source's track; only the gaps that differ are written."""
    row = {"source": source, "first": after.first, "last": after.last, "begun": after.begun}
    dialect = postgresql if conn.dialect.name == "postgresql" else sqlite
    put = dialect.insert(sequence_track)
    conn.execute(put.on_conflict_do_update(index_elements=["source"], set_=row), row)
    old, new = set(before.gaps if before else ()), set(after.gaps)
    for gap in old - new:
        mine = (sequence_gap.c.source == source, sequence_gap.c.first == gap.first)
        conn.execute(delete(sequence_gap).where(*mine))
    if new - old:
        rows = [{"source": source, "first": g.first, "last": g.last, "since": g.since} for g in new - old]
        conn.execute(insert(sequence_gap), rows)


def above(conn: Connection, source: str, number: int, limit: int) -> list[Seen]:
    """Return the lowest numbers above one that have come, ascending, at most `limit` rows."""
    return _seen(conn, source, lambda sequence: sequence > number, limit)


def below(conn: Connection, source: str, number: int, limit: int) -> list[Seen]:
    """Return the highest numbers below one that have come, descending, at most `limit` rows."""
    return _seen(conn, source, lambda sequence: sequence < number, limit, descending=True)


def inside(conn: Connection, source: str, ranges: Sequence[Range]) -> list[Seen]:
    """Return the numbers within these ranges that have come: one look at an index for each."""
    found: list[Seen] = []
    for start in range(0, len(ranges), _GAPS_AT_ONCE):
        pairs = list(ranges[start : start + _GAPS_AT_ONCE])
        given = (
            values(column("low", BigInteger), column("high", BigInteger), name="gap").data(pairs).cte("gap")
        )
        for table in (event, quarantine):
            number = table.c.sequence
            joined = given.join(table, and_(number >= given.c.low, number <= given.c.high))
            query = select(number, table.c.received).select_from(joined).where(table.c.source == source)
            found += [(row.sequence, row.received) for row in conn.execute(query)]
    return found


_Where = Callable[[Column[Any]], ColumnElement[bool]]


def _seen(
    conn: Connection, source: str, where: _Where, limit: int, *, descending: bool = False
) -> list[Seen]:
    """Read each table by its index (source, sequence); a number may be in both."""
    parts = [
        select(table.c.sequence, table.c.received)
        .where(table.c.source == source, where(table.c.sequence))
        .order_by(table.c.sequence.desc() if descending else table.c.sequence)
        .limit(limit)
        .subquery()
        for table in (event, quarantine)
    ]
    number: ColumnElement[int] = column("sequence", BigInteger)
    both = (
        union_all(*(select(part) for part in parts))
        .order_by(number.desc() if descending else number)
        .limit(limit)
    )
    return [(row.sequence, row.received) for row in conn.execute(both)]
