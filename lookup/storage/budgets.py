"""Counting attempts in the database, so that a budget holds across threads, processes, hosts and a dead Redis.

Every count is one atomic upsert; two parallel attempts can never both see the last free place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, delete, text

from lookup.storage.tables import budget, spent

_RESERVE = text(
    'INSERT INTO budget (key, "window", count, expires) VALUES (:key, :window, 1, :expires) '
    'ON CONFLICT (key, "window") DO UPDATE SET count = budget.count + 1 RETURNING count'
)
_GIVE_BACK = text(
    'UPDATE budget SET count = count - 1 WHERE key = :key AND "window" = :window AND count > 0'
)
_SPEND = text("INSERT INTO spent (id, expires) VALUES (:id, :expires) ON CONFLICT (id) DO NOTHING")


class Slot(NamedTuple):
    """One counter: its key, its window (a start in µs) and when the row may be forgotten (µs)."""

    key: str
    window: int
    expires: int


def reserve(conn: Connection, slots: Sequence[Slot]) -> list[int]:
    """Count one attempt in every slot and return the counts after it, in order.

    Rows are locked in the order given until the transaction ends: give the most shared slot last.
    """
    return [conn.execute(_RESERVE, slot._asdict()).scalar_one() for slot in slots]


def give_back(conn: Connection, slots: Sequence[Slot]) -> None:
    """Take one attempt off every slot again: an owner's success costs nothing."""
    for slot in slots:
        conn.execute(_GIVE_BACK, slot._asdict())


def spend(conn: Connection, id_: bytes, expires: int) -> bool:
    """Use up a one-time token; False when it was used before."""
    return conn.execute(_SPEND, {"id": id_, "expires": expires}).rowcount == 1


def forget(conn: Connection, now: int) -> int:
    """Delete the counters and one-time tokens that expired before `now` (µs); returns how many."""
    rows = conn.execute(delete(budget).where(budget.c.expires < now)).rowcount
    return rows + conn.execute(delete(spent).where(spent.c.expires < now)).rowcount
