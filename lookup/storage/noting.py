"""Entries of attempts that reached no use case: those that are left at the same time share a commit.

A flood from one network would else queue at that network's counter, one commit after another.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from lookup.storage import spending
from lookup.storage.database import Database
from lookup.storage.lanes import Draft, Pen, Place, append
from lookup.storage.sharing import PLACES, Queues


class Refusal(NamedTuple):
    """An attempt from a network (its prefix) at a moment (µs since 1970), and the entry that it leaves."""

    net: str
    now: int
    draft: Draft


_queues: Queues[Refusal, Place | None] = Queues(dict.fromkeys(PLACES, 1))


def note(database: Database, pen: Pen, refusal: Refusal) -> Place | None:
    """Count an attempt and leave its entry, both durable before this returns.

    None means that it was counted only: one of a flood, which is summed up (`lookup.flood`).
    """
    return _queues.of(database).ask(refusal, partial(_note, database, pen))


def _note(database: Database, pen: Pen, refusals: Sequence[Refusal]) -> list[Place | None]:
    # Counters stay locked until the commit: in one order, so that no two groups wait for each other.
    order = sorted(range(len(refusals)), key=lambda place: refusals[place][:2])
    with database.write() as conn:
        noted = [place for place in order if spending.notable(conn, refusals[place].net, refusals[place].now)]
        written = append(conn, pen, *(refusals[place].draft for place in noted)) if noted else []
    places = dict(zip(noted, written, strict=True))
    return [places.get(place) for place in range(len(refusals))]
