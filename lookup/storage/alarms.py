"""What the log itself says of lanes that alarmed: the entries that tell an alarm, and those that answer for one."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, func, select

from lookup.ledger.entry import ACTIONS, read_detail
from lookup.storage import segments
from lookup.storage.entries import index_of
from lookup.storage.tables import audit_entry, audit_run

_E = audit_entry.c


class Said(NamedTuple):
    """An entry at place `writer`-`seq` (`ts` in µs), whose it is, and its detail."""

    writer: int
    seq: int
    ts: int
    actor: bytes
    detail: dict[str, object]


def integrated(conn: Connection, action: str) -> list[Said]:
    """Return the entries of one system action that stand in the tree and online, oldest first.

    What waits does not count: only the sequencer's check of the MAC says that a process of ours wrote it.
    """
    query = select(_E.writer, _E.seq, _E.ts, _E.actor, _E.detail).where(_E.action == ACTIONS[action])
    start = segments.minimum(conn)
    found = conn.execute(query.order_by(_E.ts, _E.writer, _E.seq)).all()
    places = ((row, index_of(conn, row.writer, row.seq)) for row in found)
    return [
        Said(row.writer, row.seq, row.ts, row.actor, read_detail(row.detail))
        for row, index in places
        if index is not None and index >= start
    ]


def behind(conn: Connection, lane: int) -> int:
    """Return how many entries of a lane stand in no run."""
    run = audit_run.c
    done = select(func.max(run.first_seq + run.n)).where(run.writer == lane)
    after = conn.execute(done).scalar_one() or 1
    query = select(func.count()).select_from(audit_entry).where(_E.writer == lane, _E.seq >= after)
    return int(conn.execute(query).scalar_one())
