"""Counting attempts in the database, so that a budget holds across threads, processes, hosts and a dead Redis.

Every count is one atomic upsert; two parallel attempts can never both see the last free place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, delete, select, text

from lookup.storage.staff_tables import staff_session
from lookup.storage.tables import budget, push_nonce, spent

_RESERVE = text(
    'INSERT INTO budget (key, "window", count, expires) VALUES (:key, :window, 1, :expires) '
    'ON CONFLICT (key, "window") DO UPDATE SET count = budget.count + 1 RETURNING count'
)
_GIVE_BACK = text('UPDATE budget SET count = count - 1 WHERE key = :key AND "window" = :window AND count > 0')
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


def expired_floods(conn: Connection, now: int) -> list[tuple[str, int, int]]:
    """Return (key, window, count) of the flood counters whose minute is over, locked until they are forgotten."""
    query = select(budget.c.key, budget.c.window, budget.c.count)
    query = query.where(budget.c.key.startswith("flood:"), budget.c.expires < now).with_for_update()
    return [(key, window, count) for key, window, count in conn.execute(query)]


def forget(conn: Connection, now: int) -> int:
    """Delete every counter, one-time token, nonce and session that expired before `now` (µs); returns how many."""
    return sum(
        conn.execute(delete(table).where(table.c.expires < now)).rowcount
        for table in (budget, spent, push_nonce, staff_session)
    )
