"""What sources declared of their sequences: numbers never used. Declarations are added and read, nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, func, insert, select, text

from lookup.domain.sequence import Range
from lookup.storage.oversight_tables import sequence_unused
from lookup.storage.quarantine_tables import quarantine
from lookup.storage.tables import event


class Unused(NamedTuple):
    """One declaration: numbers `first` to `last` of `source`, made at `declared` (µs); `entry` is its ledger place."""

    id: int
    client: str
    source: str
    first: int
    last: int
    reason: str
    declared: int
    entry: str


_ALONE = text("SELECT pg_advisory_xact_lock(hashtextextended(:source, 12))")
_ROW = [getattr(sequence_unused.c, name) for name in Unused._fields]


def add(conn: Connection, row: Unused) -> None:
    """Insert a declaration, whose id the database gives; one with the same beginning raises IntegrityError."""
    values = row._asdict()
    del values["id"]
    conn.execute(insert(sequence_unused), values)


def alone(conn: Connection, source: str) -> None:
    """Wait until nobody else declares numbers of this source; others wait until the transaction ends."""
    if conn.dialect.name == "postgresql":
        conn.execute(_ALONE, {"source": source})


def within(conn: Connection, source: str, first: int, last: int) -> list[Unused]:
    """Return the declarations of a source that name any of these numbers, ascending."""
    columns = sequence_unused.c
    mine = (columns.source == source, columns.first <= last, columns.last >= first)
    return [Unused(*row) for row in conn.execute(select(*_ROW).where(*mine).order_by(columns.first))]


def ranges(conn: Connection, source: str, first: int, last: int) -> list[Range]:
    """Return what a source declared among these numbers."""
    return [(row.first, row.last) for row in within(conn, source, first, last)]


def newest(conn: Connection, sources: Sequence[str], below: int | None, limit: int) -> list[Unused]:
    """Return declarations of these sources with an id below one, the newest first."""
    query = select(*_ROW).where(sequence_unused.c.source.in_(sources))
    if below is not None:
        query = query.where(sequence_unused.c.id < below)
    found = conn.execute(query.order_by(sequence_unused.c.id.desc()).limit(limit))
    return [Unused(*row) for row in found]


def came(conn: Connection, source: str, limit: int) -> list[int]:
    """Return the declared numbers of a source that have come all the same, ascending, at most `limit` of each kind.

    One look at an index for each declaration: only what has no index of its own is never PostgreSQL's inner side,
    which otherwise goes through all events and asks for the declarations of each.
    """
    columns = sequence_unused.c
    mine = select(columns.first, columns.last).where(columns.source == source).cte("mine")
    mine = mine.prefix_with("MATERIALIZED")
    found = set[int]()
    for table in (event, quarantine):
        joined = mine.join(table, table.c.sequence.between(mine.c.first, mine.c.last))
        query = select(table.c.sequence).select_from(joined).where(table.c.source == source)
        found.update(conn.execute(query.limit(limit)).scalars())
    return sorted(found)


def total(conn: Connection, source: str) -> int:
    """Return how many numbers a source has declared in all."""
    columns = sequence_unused.c
    query = select(func.sum(columns.last - columns.first + 1)).where(columns.source == source)
    return int(conn.execute(query).scalar_one() or 0)
