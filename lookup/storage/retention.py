"""The only statements that take anything from the ledger: erasing a restricted part, deleting what was archived.

The database's own triggers allow exactly these; on PostgreSQL only the role `lookup_retention` has the right.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, select, text, update

from lookup.ledger.entry import ACTIONS, Row
from lookup.storage.database import Database
from lookup.storage.entries import index_of
from lookup.storage.tables import audit_entry, audit_tile

SYSTEM_ACTIONS = 80
"""Codes of `sys.*` actions begin here."""

_WIDTH = 256
_E = audit_entry.c
# The last entry of a lane stays: the sequencer goes on from its MAC.
_BELOW = text(
    "SELECT r.writer, greatest_seq.low, greatest_seq.high FROM audit_run r JOIN ("
    "SELECT first_idx, first_seq AS low, "
    "CASE WHEN first_idx + n <= :below THEN first_seq + n ELSE first_seq + :below - first_idx END AS high "
    "FROM audit_run WHERE first_idx < :below) greatest_seq ON greatest_seq.first_idx = r.first_idx "
    "WHERE EXISTS (SELECT 1 FROM audit_entry e WHERE e.writer = r.writer AND e.seq >= greatest_seq.low "
    "AND e.seq < greatest_seq.high AND e.seq < (SELECT max(first_seq + n) - 1 FROM audit_run l "
    "WHERE l.writer = r.writer)) ORDER BY r.first_idx LIMIT :limit"
)
_LAST = text("SELECT max(first_seq + n) - 1 FROM audit_run WHERE writer = :writer")


def delete_entries(database: Database, below: int, limit: int) -> int:
    """Delete the entries of up to `limit` runs below the index `below` in one transaction; returns how many runs."""
    with database.write() as conn:
        found = conn.execute(_BELOW, {"below": below, "limit": limit}).all()
        for writer, low, high in found:
            last = conn.execute(_LAST, {"writer": writer}).scalar_one()
            gone = delete(audit_entry).where(_E.writer == writer, _E.seq >= low, _E.seq < min(high, last))
            conn.execute(gone)
    return len(found)


def delete_tiles(conn: Connection, below: int) -> None:
    """Delete the level-0 tiles below an index."""
    conn.execute(delete(audit_tile).where(audit_tile.c.level == 0, audit_tile.c.n < below // _WIDTH))


def erasable(conn: Connection, before: int, limit: int) -> list[Row]:
    """Return up to `limit` whole entries older than `before` (µs), without those of the system."""
    query = select(audit_entry).where(_E.ts < before, _E.salt.is_not(None), _E.action < SYSTEM_ACTIONS)
    return [Row(*row) for row in conn.execute(query.order_by(_E.ts.nulls_first()).limit(limit))]


def erase(conn: Connection, writer: int, seq: int, kept: bytes) -> None:
    """Replace the restricted part of an entry by its commitment."""
    where = update(audit_entry).where(_E.writer == writer, _E.seq == seq)
    conn.execute(where.values(net=None, detail=None, salt=None, commitment=kept))


def index_of_archive_entry(conn: Connection, lo: int) -> int | None:
    """Return the index of the `sys.archive` entry of the segment from `lo` on; None while it waits."""
    query = select(_E.writer, _E.seq, _E.detail).where(_E.action == ACTIONS["sys.archive"])
    for writer, seq, detail in conn.execute(query):
        if json.loads(detail)["lo"] == lo:
            return index_of(conn, writer, seq)
    return None


def put_back(conn: Connection, rows: Sequence[Row]) -> int:
    """Insert archived entries that are not there; returns how many."""
    there = select(_E.writer, _E.seq).where(
        _E.writer.in_({row.writer for row in rows}),
        _E.seq.between(min(row.seq for row in rows), max(row.seq for row in rows)),
    )
    known = {(row.writer, row.seq) for row in conn.execute(there)}
    missing = [row._asdict() for row in rows if (row.writer, row.seq) not in known]
    if missing:
        conn.execute(insert(audit_entry), missing)
    return len(missing)
