"""Entries of refused attempts: each network's flood is counted exactly, alone and in groups."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from lookup.domain.budget import FLOOD_FIRST
from lookup.storage.database import Database, open_database
from lookup.storage.lanes import Draft, Place
from lookup.storage.noting import Refusal, _note, note
from tests.storage.test_lanes import checked, rows_of
from tests.support.contexts import PEN

NETS = ("192.0.2.0/24", "198.51.100.0/24", "2001:db8:1::/48")
NOW = 1_700_000_000_000_000


def refusal(net: str) -> Refusal:
    """An attempt from a network."""
    return Refusal(
        net, NOW, Draft("lookup.open", "refused", net.encode()[:8] * 2, None, net, {"status": 404})
    )


def counted(database: Database) -> list[int]:
    """How many attempts the flood counters hold, the largest first."""
    with database.read() as conn:
        rows = conn.execute(text("SELECT count FROM budget WHERE key LIKE 'flood:%' ORDER BY count DESC"))
        return [row[0] for row in rows]


def noted(database: Database, places: list[Place | None]) -> Counter[object]:
    """Entries by network at these places; each lane must hold."""
    told = {(place.writer, place.seq) for place in places if place}
    rows = [row for writer in {writer for writer, _ in told} for row in rows_of(database, writer)]
    assert {row[:2] for row in rows} == told
    assert all(checked(database, writer).state.seq for writer, _ in told)
    return Counter(row[7] for row in rows)


def test_each_is_told_the_place_of_its_own_entry(database: Database) -> None:
    """A group of several networks, in any order: every attempt has an entry about its network where it is told."""
    nets = [NETS[0], NETS[2], NETS[1], NETS[0], NETS[2]]
    places = _note(database, PEN, [refusal(net) for net in nets])
    found = {row[:2]: row[7] for row in rows_of(database, next(place.writer for place in places if place))}
    assert [found[place.writer, place.seq] for place in places if place] == nets


@pytest.mark.parametrize("threads", [1, 16])
def test_a_flood_is_written_singly_up_to_its_limit_and_counted_to_the_last(
    database: Database, threads: int
) -> None:
    """Whoever works for whom: the first of a network's minute have entries, all are counted, others are not touched."""
    asked = [*[NETS[0]] * (FLOOD_FIRST + 20), *[NETS[1]] * 3]
    with ThreadPoolExecutor(threads) as pool:
        places = list(pool.map(lambda net: note(database, PEN, refusal(net)), asked))
    assert noted(database, places) == {NETS[0]: FLOOD_FIRST, NETS[1]: 3}
    assert counted(database) == [FLOOD_FIRST + 20, 3]


def test_a_group_of_nothing_but_a_flood_leaves_no_entry(database: Database) -> None:
    """Beyond the limit a group is counted only, and its lane goes on without a hole."""
    _note(database, PEN, [refusal(NETS[0])] * FLOOD_FIRST)
    assert _note(database, PEN, [refusal(NETS[0])] * 5) == [None] * 5
    after = _note(database, PEN, [refusal(NETS[1])])[0]
    assert after is not None
    assert after.seq == FLOOD_FIRST + 1
    assert checked(database, after.writer).state.seq == after.seq
    assert counted(database) == [FLOOD_FIRST + 5, 1]


def test_groups_of_two_processes_never_wait_for_each_other(migrated_url: str) -> None:
    """Opposite orders of the same networks on two pools: every group ends, and all are counted."""
    databases = [open_database(migrated_url), open_database(migrated_url)]
    orders = [[*NETS, *NETS[:2]], [*NETS[::-1], *NETS[:0:-1]]]

    def work(side: int) -> None:
        for _ in range(40):
            _note(databases[side], PEN, [refusal(net) for net in orders[side]])

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, (0, 1)))
    assert sum(counted(databases[0])) == 2 * 40 * 5
    for each in databases:
        each.close()
