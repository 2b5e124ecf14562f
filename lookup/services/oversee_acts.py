"""Who ended a refused event, and what a replay did to each: told from the ledger, where every such act is an entry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lookup.ledger.entry import OUTCOME_NAMES, Row, read_detail
from lookup.services.tell_actors import Who, tell
from lookup.storage import entries, walking
from lookup.storage.database import Transaction
from lookup.storage.entries import Filter
from lookup.storage.quarantine import Item

ACTION = "push.quarantine"
_SECOND_US = 1_000_000
_NEAR_US, _MOST = 60 * _SECOND_US, 500
_ENDED = ("accepted", "duplicate", "succeeded")


@dataclass(frozen=True, slots=True)
class Act:
    """The entry of what ended a refused event: its place, its time (µs), and who did it."""

    place: str
    at: int
    who: Who


def ending_act(conn: Transaction, pepper: bytes, item: Item) -> Act | None:
    """Return the act that ended an item; None while it is open, or when the entry's detail was erased.

    The ledger has no index by item. The entry is of the transaction that ended it, so it lies next to that moment.
    """
    if item.ended is None:
        return None
    since = item.ended - _SECOND_US
    asked = Filter(action=ACTION, since=since, until=item.ended + _NEAR_US)
    found = entries.search(conn, asked, _MOST, after=walking.Key(since, 0, 0)).rows
    for row in reversed(found):
        if read_detail(row.detail).get("item") == item.id and OUTCOME_NAMES.get(row.outcome) in _ENDED:
            who = tell(conn, pepper, [row])[row.writer, row.seq]
            return Act(f"{row.writer}-{row.seq}", row.ts, who)
    return None


def replayed_between(
    conn: Transaction, actor: bytes, since: int, until: int, most: int
) -> Iterator[tuple[int, str]]:
    """Yield item and outcome of each replay that `actor` did from `since` to `until` (µs), in that order."""
    asked = Filter(action=ACTION, actor=actor, since=since, until=until + 1)
    rows: tuple[Row, ...] = entries.search(conn, asked, most).rows
    for row in reversed(rows):
        detail = read_detail(row.detail)
        item = detail.get("item")
        if detail.get("act") == "replay" and isinstance(item, int):
            yield item, OUTCOME_NAMES.get(row.outcome, "?")
