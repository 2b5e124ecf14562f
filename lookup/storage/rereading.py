"""What only the verifier reads: entries in the order of the tree, entries that stand where none belongs."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, func, select, text

from lookup.storage.sequencing import EntryTuple
from lookup.storage.tables import audit_run

_EXTRA = text(
    "SELECT count(*) FROM audit_entry e "
    "WHERE e.seq < 1 OR NOT EXISTS (SELECT 1 FROM audit_writer w WHERE w.id = e.writer)"
)
_PENDING = text(
    "SELECT count(*) FROM audit_entry e LEFT JOIN "
    "(SELECT writer, max(first_seq + n) AS next FROM audit_run GROUP BY writer) r ON r.writer = e.writer "
    "WHERE e.seq >= coalesce(r.next, 1) AND e.ts < :before "
    "AND e.writer NOT IN (SELECT writer FROM audit_alarm)"
)
_IN_TREE_ORDER = text(
    "SELECT e.writer, e.seq, e.ts, e.action, e.outcome, e.actor, e.report, e.net, e.detail, e.salt, e.commitment, "
    "e.mac FROM audit_run r JOIN audit_entry e "
    "ON e.writer = r.writer AND e.seq >= r.first_seq AND e.seq < r.first_seq + r.n "
    "WHERE r.first_idx >= :low AND r.first_idx < :high "
    "AND r.first_idx + e.seq - r.first_seq >= :first AND r.first_idx + e.seq - r.first_seq < :last "
    "ORDER BY r.first_idx, e.seq"
)
_SLICE = 16_384


def extra_entries(conn: Connection) -> int:
    """Count rows that no lane can have written; between a lane's numbers there is no room for one."""
    return int(conn.execute(_EXTRA).scalar_one())


def pending_entries(conn: Connection, before: int) -> int:
    """Count entries older than `before` (µs) that stand in no run yet, without those of lanes that alarmed."""
    return int(conn.execute(_PENDING, {"before": before}).scalar_one())


def entries_in_tree_order(conn: Connection, start: int = 0) -> Iterator[EntryTuple]:
    """Yield every integrated entry (COLUMNS order) from index `start` on, a slice of the tree at a time."""
    top = conn.execute(select(func.max(audit_run.c.first_idx + audit_run.c.n))).scalar_one()
    return entries_between(conn, start, top or 0)


def entries_between(conn: Connection, low: int, high: int) -> Iterator[EntryTuple]:
    """Yield the integrated entries with an index in [low, high), by index."""
    first = select(func.max(audit_run.c.first_idx)).where(audit_run.c.first_idx <= low)
    run = conn.execute(first).scalar_one() or 0
    for start in range(run, high, _SLICE):
        values = {"low": start, "high": min(start + _SLICE, high), "first": low, "last": high}
        yield from map(tuple, conn.execute(_IN_TREE_ORDER, values).all())
