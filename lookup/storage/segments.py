"""Archive segments and the minimum index: what was sealed where, and below which index entries are gone."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, insert, select

from lookup.storage.direct import ask
from lookup.storage.ledger_tables import audit_pruned, audit_segment


class SegmentRow(NamedTuple):
    """Entries [lo, hi) sealed under the checkpoint of `size`; `manifest` is its SHA-256, `sealed` µs."""

    lo: int
    hi: int
    size: int
    manifest: bytes
    location: str
    sealed: int


_SEGMENT = [getattr(audit_segment.c, name) for name in SegmentRow._fields]


def add(conn: Connection, row: SegmentRow) -> None:
    """Record a sealed segment; the database refuses one that does not follow the last."""
    conn.execute(insert(audit_segment), row._asdict())


def all_of(conn: Connection) -> list[SegmentRow]:
    """Return every segment, oldest first."""
    return [SegmentRow(*row) for row in conn.execute(select(*_SEGMENT).order_by(audit_segment.c.lo))]


def holding(conn: Connection, index: int) -> SegmentRow | None:
    """Return the segment that holds the entry of this index, or None."""
    query = select(*_SEGMENT).where(audit_segment.c.lo <= index, audit_segment.c.hi > index)
    row = conn.execute(query).one_or_none()
    return None if row is None else SegmentRow(*row)


def minimum(conn: Connection) -> int:
    """Return the minimum index: entries below it are in the archive only."""
    return ask(conn, "SELECT max(below) FROM audit_pruned")[0][0] or 0


def set_minimum(conn: Connection, below: int, ts: int) -> None:
    """Raise the minimum index; the database refuses what no segment holds."""
    conn.execute(insert(audit_pruned), {"below": below, "ts": ts})
