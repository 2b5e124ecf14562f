"""Following sequences: whatever the order, the portions, and how far the worker has come, the gaps are the same."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event

import pytest
import time_machine

from lookup.domain.sequence import Gap
from lookup.services import follow_sequences
from lookup.services.accept_events import accept_events
from lookup.services.arrivals import Arrival, Fault
from lookup.services.follow_sequences import Standing, fold, standing
from lookup.services.register_client import Scope, register
from lookup.storage import migrate, sequences, unused
from lookup.storage.clients import ClientRow
from lookup.storage.database import Database, open_database
from lookup.storage.lanes import now_us
from lookup.storage.unused import Unused
from tests.support import contexts
from tests.support.reports import CLIENT, arrival, step

SOURCE = "urn:yunxi:110"
NOW = 4_000_000_000_000_000
"""A moment after everything, µs."""


def come(database: Database, *numbers: int) -> None:
    """Push one event for each number, as one batch; every third is refused and kept."""
    events = [
        step(f"n-{n}", "J10", 0, None, f"369902260302{n // 3600 % 24:02}{n // 60 % 60:02}{n % 60:02}01")
        for n in numbers
    ]
    fault = Fault("/data/to", "test.refused", {"en": "refused"})
    arrivals = [
        Arrival(SOURCE, event.id, event.id.encode(), None, (), fault, number)
        if number % 3 == 0
        else arrival(replace(event, source=SOURCE, sequence=number))
        for number, event in zip(numbers, events, strict=True)
    ]
    accept_events(contexts.push(database), replace(CLIENT, source=SOURCE), arrivals)


def declare(database: Database, first: int, last: int) -> None:
    """Keep a declaration, whatever has come of it."""
    with database.write() as conn:
        unused.add(conn, Unused(0, CLIENT.id, SOURCE, first, last, "rolled_back", 1, "1-1"))


def ranges(found: Standing | None) -> tuple[int, int, list[tuple[int, int]]]:
    """First, last, and the gaps as pairs."""
    assert found is not None
    return found.first, found.last, [(gap.first, gap.last) for gap in found.gaps]


def now(database: Database) -> Standing | None:
    """How the sequence stands, without grace."""
    with database.read() as conn:
        return standing(conn, SOURCE, NOW)


@pytest.fixture
def known(database: Database) -> Database:
    """A database that knows the client, so that the worker follows it."""
    registered(database)
    return database


def registered(database: Database) -> None:
    """Register the client under its source."""
    made = register(contexts.push(database), "tester", CLIENT.id, CLIENT.name, SOURCE, Scope(CLIENT.units))
    assert isinstance(made, ClientRow)


@pytest.mark.parametrize("seed", range(3))
def test_any_order_and_any_folding_give_the_same_gaps(
    known: Database, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Shuffled pushes and declarations, some repeated, folded in between in tiny portions or not: the same gaps."""
    dice = random.Random(seed)  # noqa: S311 - a reproducible shuffle
    numbers = dice.sample(range(1, 60), 36)
    sent = [*numbers, *dice.sample(numbers, 8)]
    monkeypatch.setattr(follow_sequences, "PORTION", 3)
    never = dice.sample([n for n in range(1, 60) if n not in numbers], 9)
    declared = set(never)
    while sent or never:
        for number in [never.pop() for _ in range(dice.randint(0, min(3, len(never))))]:
            declare(known, number, number)
        size = dice.randint(1, 9)
        if sent:
            come(known, *dict.fromkeys(sent[:size]))
        del sent[:size]
        if dice.random() < 0.4:
            fold(contexts.worker(known))
    absent = set(range(min(numbers), max(numbers))) - set(numbers) - declared
    first, last, gaps = ranges(now(known))
    assert (first, last) == (min(numbers), max(numbers))
    assert {n for low, high in gaps for n in range(low, high + 1)} == absent
    fold(contexts.worker(known))
    assert ranges(now(known)) == (first, last, gaps)
    with known.read() as conn:
        track = sequences.track_of(conn, SOURCE)
    assert track is not None
    assert [(gap.first, gap.last) for gap in track.gaps] == gaps


def test_parallel_pushes_lose_no_number(known: Database) -> None:
    """Two writers and the worker at once: nothing that came is ever missing."""

    def push(start: int) -> None:
        for number in range(start, 41, 2):
            come(known, number)

    with ThreadPoolExecutor(3) as pool:
        both = [pool.submit(push, 1), pool.submit(push, 2)]
        while not all(each.done() for each in both):
            fold(contexts.worker(known))
        for each in both:
            each.result()
    fold(contexts.worker(known))
    assert ranges(now(known)) == (1, 40, [])


def test_a_gap_is_told_after_its_grace_time_and_gone_when_filled(known: Database) -> None:
    """Until then its numbers are settling; filled, nothing of it is left."""
    come(known, 1, 5)
    with known.read() as conn:
        found = standing(conn, SOURCE, now_us() - 900_000_000)
        assert found is not None
        assert (found.gaps, found.missing, found.settling) == ((), 0, 3)
        with time_machine.travel((now_us() + 901_000_000) / 1e6):
            found = standing(conn, SOURCE, now_us() - 900_000_000)
    assert found is not None
    assert (found.missing, found.settling) == (3, 0)
    fold(contexts.worker(known))
    come(known, 2, 3, 4)
    assert ranges(now(known)) == (1, 5, [])


def test_too_many_gaps_stop_the_following(known: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A source that does not count by ones is said to have stopped, and goes on when it has filled some."""
    monkeypatch.setattr(follow_sequences, "MOST_GAPS", 3)
    monkeypatch.setattr(follow_sequences, "PORTION", 2)
    come(known, *range(1, 21, 2))
    fold(contexts.worker(known))
    found = now(known)
    assert found is not None
    assert found.stopped
    assert found.last < 19
    come(known, *range(2, 20, 2))
    assert ranges(now(known)) == (1, 19, [])


def test_each_role_has_the_rights_it_needs(postgres_url: str) -> None:
    """On PostgreSQL the worker folds and the push and console roles read, each under its own role."""
    owner = open_database(postgres_url)
    migrate.upgrade(owner)
    registered(owner)
    opened = {
        name: open_database(postgres_url, role=f"lookup_{name}") for name in ("push", "worker", "console")
    }
    come(opened["push"], 1, 6)
    fold(contexts.worker(opened["worker"]))
    come(opened["push"], 2)
    declare(opened["push"], 4, 5)
    fold(contexts.worker(opened["worker"]))
    for name in ("push", "console"):
        with opened[name].read() as conn:
            found = standing(conn, SOURCE, NOW)
        assert found is not None
        assert found.gaps == (Gap(3, 3, found.gaps[0].since),)
    for each in (*opened.values(), owner):
        each.close()


def test_a_reader_goes_a_bounded_way_beyond_the_worker(
    known: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the worker has come so far, the reader says that there is more, and nothing false."""
    monkeypatch.setattr(follow_sequences, "PORTION", 2)
    monkeypatch.setattr(follow_sequences, "READ_AHEAD", 3)
    come(known, 1, 2, 3, 5, 6, 7, 8, 9, 10)
    found = now(known)
    assert found is not None
    assert (found.stopped, found.last, found.missing) == (True, 7, 1)
    fold(contexts.worker(known))
    found = now(known)
    assert found is not None
    assert (found.stopped, ranges(found)) == (False, (1, 10, [(4, 4)]))


def test_the_worker_folds_in_a_thread_of_its_own(known: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """It folds again and again until it is told to stop."""
    monkeypatch.setattr(follow_sequences, "PERIOD_S", 0.01)
    come(known, 1, 2)
    ending = Event()
    thread = follow_sequences.start(contexts.worker(known), ending)
    track = None
    while track is None:
        with known.read() as conn:
            track = sequences.track_of(conn, SOURCE)
    ending.set()
    thread.join()
    assert (track.first, track.last) == (1, 2)
