"""How many entries wait for the sequencer, and since when: one look at the end of each lane, however long the log."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection, func, select, text

from lookup.storage.tables import audit_entry

_ENDS = text(
    "SELECT w.id, (SELECT max(e.seq) FROM audit_entry e WHERE e.writer = w.id) AS last, "
    "(SELECT r.first_seq + r.n - 1 FROM audit_run r WHERE r.writer = w.id ORDER BY r.first_seq DESC LIMIT 1) AS done "
    "FROM audit_writer w"
)


class Backlog(NamedTuple):
    """`entries` wait; the oldest was written at `oldest` (µs), None when there is none."""

    entries: int
    oldest: int | None


def backlog(conn: Connection, without: Collection[int] = ()) -> Backlog:
    """Return what waits in every lane but those named."""
    ends = [(row.id, row.last or 0, row.done or 0) for row in conn.execute(_ENDS) if row.id not in without]
    behind = [(writer, last, done) for writer, last, done in ends if last > done]
    e = audit_entry.c
    firsts = (
        conn.execute(select(func.min(e.ts)).where(e.writer == writer, e.seq == done + 1)).scalar_one()
        for writer, _, done in behind
    )
    known = [ts for ts in firsts if ts is not None]
    return Backlog(sum(last - done for _, last, done in behind), min(known, default=None))
