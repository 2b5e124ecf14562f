"""Pushes that race for one key: each event once, one reference, and PostgreSQL's own log names nothing of them.

What a number is written into there lies beside the service for years, in the hands of who runs the server.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from typing import TypeVar

import pytest

from lookup.domain.daylist import list_hash
from lookup.services import accept_manifest as service
from lookup.services.accept_events import accept_events
from lookup.services.accept_manifest import Part, Receipt, _look, _take, accept_manifest
from lookup.services.arrivals import Arrival, Client, Fault, Result
from lookup.services.intake import Intake
from lookup.storage.database import Database, Transaction
from tests.services.test_accept_events import content, outcomes, quarantined
from tests.support import contexts, databases, postgres
from tests.support.databases import waits_for_lock
from tests.support.reports import CLIENT, SOURCE, arrival, story
from tests.support.waiting import until

T = TypeVar("T")
OTHER = replace(CLIENT, id="other", name="云溪市另一系统")
NUMBERS = [f"3699772603020915{n:04}" for n in range(20)]
FEW, MANY = NUMBERS[:2], NUMBERS


@pytest.fixture
def database(postgres_server: str) -> Iterator[Database]:
    """A PostgreSQL database: SQLite has one writer at a time."""
    with databases.migrated_postgres(postgres_server) as url, databases.opened(url) as database:
        yield database


@pytest.fixture(autouse=True)
def log() -> Iterator[None]:
    """In the end the server's log names none of the numbers, and no id that is made of one."""
    before = len(postgres.log())
    yield
    said = postgres.log()[before:]
    assert [number for number in [*NUMBERS, "racing-list"] if number in said] == []


def meet(database: Database, first: Callable[[Transaction], T], second: Callable[[], T]) -> tuple[T, T]:
    """Do the first and commit it only when the second waits for it; returns what each came to."""
    with ThreadPoolExecutor(1) as pool:
        with database.write() as conn:
            told = first(conn)
            waiting = pool.submit(second)
            until(lambda: waits_for_lock(database) or waiting.done())
            assert not waiting.done()
        return told, waiting.result()


def push(
    database: Database, mine: Sequence[Arrival], others: Sequence[Arrival]
) -> tuple[list[Result], list[Result]]:
    """Push both at once, from two clients."""
    context = contexts.push(database)
    return meet(
        database,
        lambda conn: Intake(context, CLIENT, conn, mine).run(),
        lambda: accept_events(context, OTHER, others),
    )


def firsts(numbers: Sequence[str], source: str = SOURCE, tag: str = "", place: int = 0) -> list[Arrival]:
    """The first event of each of these reports, or the one at another place."""
    return [arrival(replace(story(n)[place], source=source, id=f"{n}{tag}")) for n in numbers]


def stored(database: Database) -> int:
    """How many events there are."""
    return len([row for row in content(database) if row[0] == SOURCE or row[0] == "urn:other"])


@pytest.mark.parametrize("numbers", [FEW, MANY], ids=["few", "many"])
def test_two_sources_that_name_new_incidents_at_once(database: Database, numbers: list[str]) -> None:
    """Both are taken, in whatever order they name them; the first brings every reference, the later one none."""
    mine, others = push(database, firsts(numbers), firsts(numbers[::-1], "urn:other", place=1))
    assert outcomes([*mine, *others]) == ["accepted"] * 2 * len(numbers)
    assert [bool(result.generation) for result in mine] == [True] * len(numbers)
    assert [bool(result.generation) for result in others] == [False] * len(numbers)
    assert stored(database) == 2 * len(numbers)


@pytest.mark.parametrize("numbers", [FEW, MANY], ids=["few", "many"])
def test_the_same_new_events_twice_at_once(database: Database, numbers: list[str]) -> None:
    """A source sends again before it was answered: taken once, and the repetition is answered as one."""
    mine, others = push(database, firsts(numbers), firsts(numbers))
    assert outcomes([*mine, *others]) == ["accepted"] * len(numbers) + ["duplicate"] * len(numbers)
    assert (
        [result.generation for result in others]
        == [result.generation for result in mine]
        == [1] * len(numbers)
    )
    assert stored(database) == len(numbers)


@pytest.mark.parametrize("numbers", [FEW, MANY], ids=["few", "many"])
def test_the_same_events_of_known_incidents_twice_at_once(database: Database, numbers: list[str]) -> None:
    """The later one waits for the incidents and then sees what has come meanwhile."""
    accept_events(contexts.push(database), CLIENT, firsts(numbers, tag="-first"))
    mine, others = push(database, firsts(numbers), firsts(numbers))
    assert outcomes([*mine, *others]) == ["accepted"] * len(numbers) + ["duplicate"] * len(numbers)
    assert stored(database) == 2 * len(numbers)


@pytest.mark.parametrize("numbers", [FEW, MANY], ids=["few", "many"])
def test_one_id_for_two_incidents_at_once(database: Database, numbers: list[str]) -> None:
    """The first to come counts, the other is a conflict and kept, whatever incident it names."""
    accept_events(contexts.push(database), CLIENT, firsts(numbers, tag="-first"))
    half = len(numbers) // 2
    swapped = [
        arrival(replace(story(other)[0], id=number), body=b"other")
        for number, other in zip(numbers[:half], numbers[half:], strict=True)
    ]
    mine, others = push(database, firsts(numbers[:half]), swapped)
    assert outcomes([*mine, *others]) == ["accepted"] * half + ["conflict"] * half
    assert len(quarantined(database)) == half


def test_the_same_refused_event_twice_at_once(database: Database) -> None:
    """It is kept once."""
    refused = [Arrival(SOURCE, n, b"{}", None, (), Fault("/data", "wire.missing", {"en": "x"})) for n in MANY]
    mine, others = push(database, refused, refused[::-1])
    assert outcomes([*mine, *others]) == ["quarantined"] * 2 * len(MANY)
    assert len(quarantined(database)) == len(MANY)


def part(place: int) -> Part:
    """One of three parts of a list."""
    thirds = MANY[:6], MANY[6:15], MANY[15:]
    day = date(2026, 3, 2)
    return Part("racing-list", day, "", place, 3, len(MANY), list_hash(MANY), tuple(thirds[place - 1]))


def hold(database: Database, place: int) -> Callable[[Transaction], Receipt]:
    """Take a part in a transaction that is still open."""
    context, mine = contexts.push(database), part(place)
    return lambda conn: _take(context, CLIENT, mine, conn, _look(conn, CLIENT, mine), dry=False)


@pytest.mark.parametrize(("other", "outcome"), [(1, "duplicate"), (2, "accepted")])
@pytest.mark.parametrize("begun", [False, True], ids=["that-begin-a-list", "of-a-list"])
def test_two_parts_at_once(database: Database, begun: bool, other: int, outcome: str) -> None:
    """Each is taken once, and the later one sees what the first has done to the list."""
    context = contexts.push(database)
    if begun:
        accept_manifest(context, CLIENT, part(3), None)
    mine, others = meet(
        database, hold(database, 1), lambda: accept_manifest(context, CLIENT, part(other), None)
    )
    assert [each and each.outcome for each in (mine, others)] == ["accepted", outcome]
    assert others is not None
    assert others.compared is not None
    assert others.compared.absent == tuple({1, 2, 3} - {1, other} - ({3} if begun else set()))


def test_a_part_is_taken_although_others_keep_coming_in_between(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whenever it has been compared the list has grown: in the end it is judged with the list locked."""
    context, grown = contexts.push(database), [part(3), part(1)]
    real = service._look

    def look(conn: Transaction, client: Client, mine: Part) -> service._Look:
        seen = real(conn, client, mine)
        if grown and mine.part == 2:
            with database.write() as other:
                _take(context, client, grown[-1], other, real(other, client, grown.pop()), dry=False)
        return seen

    monkeypatch.setattr(service, "_look", look)
    monkeypatch.setattr(service, "_TRIES", 2)
    taken = accept_manifest(context, CLIENT, part(2), None)
    assert taken is not None
    assert (taken.outcome, taken.compared and taken.compared.absent) == ("accepted", ())
