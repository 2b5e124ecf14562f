"""What the worker tells ahead is what an answer would tell, and is used only while it holds."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from sqlalchemy import text

from lookup.domain.events import Kind
from lookup.domain.reference import report_token
from lookup.services.accept_events import accept_events
from lookup.services.law import Law, read_law
from lookup.services.open_report import Opened, open_report
from lookup.services.passes import Pass
from lookup.services.show_ahead import begin_edition, show_ahead
from lookup.storage import incidents
from lookup.storage.database import Database
from tests.support import contexts
from tests.support.databases import waits_for_lock
from tests.support.reports import CLIENT, NUMBER, arrival, push_story, step, story
from tests.support.waiting import until

LAW = read_law()
NOON = datetime(2026, 3, 4, 4, tzinfo=UTC)
TOKEN = report_token(contexts.key(5), NUMBER)


def opened(database: Database, tier: str, law: Law = LAW) -> Opened:
    """The report as a citizen of a tier sees it now."""
    context = replace(contexts.citizen(database), law=law)
    answer = open_report(context, Pass(bytes(16), TOKEN, 1, tier, 0), "192.0.2.7")
    assert isinstance(answer, Opened)
    return answer


def stored(database: Database) -> Any:
    """The columns of what is told ahead."""
    with database.read() as conn:
        return conn.execute(text("SELECT shown_t1, shown_t2, shown_until, rules, story FROM incident")).one()


def spoil(database: Database) -> None:
    """Make the stored story unreadable, so that only what was told ahead can be the answer."""
    with database.write() as conn:
        conn.execute(text("UPDATE incident SET story = 'none'"))


@pytest.mark.parametrize("tier", ["T1", "T2"])
def test_stored_and_computed_are_the_same(database: Database, tier: str) -> None:
    """An answer from what was told ahead equals the one that was told at that moment, in every form."""
    with time_machine.travel(NOON, tick=False):
        push_story(contexts.push(database))
        computed = opened(database, tier)
        assert show_ahead(database, LAW) == 1
        spoil(database)
        told = opened(database, tier)
        assert told._replace(entry="") == computed._replace(entry="")
        assert show_ahead(database, LAW) == 0


def test_it_is_not_used_a_moment_longer_than_it_holds(database: Database) -> None:
    """When a limit has run out the answer says so although the worker has not come by; then it tells anew."""
    with time_machine.travel(NOON, tick=False) as clock:
        push = contexts.push(database)
        accept_events(push, CLIENT, [arrival(event) for event in story()[:5]])
        show_ahead(database, LAW)
        before = opened(database, "T1")
        until = stored(database).shown_until
        clock.move_to(until / 1_000_000 - 0.001)
        assert opened(database, "T1").values == before.values
        clock.move_to(until / 1_000_000 + 0.001)
        after = opened(database, "T1")
        assert after.values != before.values
        assert show_ahead(database, LAW) == 1
        assert stored(database).shown_until > until
        assert opened(database, "T1").values == after.values


def test_an_event_ends_what_was_told(database: Database) -> None:
    """The next answer after a push knows of it."""
    with time_machine.travel(NOON, tick=False):
        push = contexts.push(database)
        accept_events(push, CLIENT, [arrival(event) for event in story()[:6]])
        show_ahead(database, LAW)
        assert opened(database, "T1").values["registration"]["code"] == "reviewing"
        accept_events(push, CLIENT, [arrival(story()[6])])
        assert stored(database).shown_until == 0
        assert opened(database, "T1").values["registration"]["code"] == "filed"


def test_what_changed_meanwhile_is_not_overwritten(database: Database) -> None:
    """A showing that was told of an older state of the incident is dropped."""
    push_story(contexts.push(database))
    with database.write() as conn:
        row = incidents.unshown(conn, 1, 10)[0]
        old = incidents.Shown(row.id, row.updated - 1, LAW.digest, row.story, "old", "old", 1 << 62, 0)
        incidents.show(conn, [old])
    assert stored(database).shown_until == 0
    assert show_ahead(database, LAW) == 1


def test_another_edition_tells_everything_anew(database: Database) -> None:
    """What another edition told is not used by this one, and the worker of the new one tells it anew."""
    with time_machine.travel(NOON, tick=False):
        push_story(contexts.push(database))
        show_ahead(database, LAW)
        right = opened(database, "T2").values
        with database.write() as conn:
            conn.execute(text("UPDATE incident SET shown_t1 = '{}', shown_t2 = '{}', story = 'none'"))
        other = replace(LAW, digest="another")
        assert opened(database, "T2", other).values == right
        assert list(begin_edition(database, other)) == [1]
        assert list(begin_edition(database, other)) == []
        assert show_ahead(database, other) == 1
        assert stored(database).rules == "another"
        assert opened(database, "T2", other).values == right


def test_an_edition_begins_in_groups(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another edition ends showings a group at a time, each once, however many groups it takes."""
    monkeypatch.setattr("lookup.services.show_ahead.GROUP", 2)
    push = contexts.push(database)
    for last in "56789":
        push_story(push, f"{NUMBER[:-1]}{last}")
    while show_ahead(database, LAW):
        pass
    other = replace(LAW, digest="another")
    steps = begin_edition(database, other)
    assert next(steps) == 2
    with database.read() as conn:
        assert conn.execute(text("SELECT count(*) FROM incident WHERE shown_until = 0")).scalar_one() == 2
    assert [*steps] == [2, 1]
    assert [*begin_edition(database, other)] == []


def test_a_withheld_report_is_never_shown_from_what_was_told(database: Database) -> None:
    """Withholding comes as an event: what was told before is over at once, and nothing of it is shown."""
    with time_machine.travel(NOON, tick=False):
        push = contexts.push(database)
        push_story(push)
        show_ahead(database, LAW)
        hide = replace(
            step("hide", "J50", 400), kind=Kind.WITHHOLD, to=None, reason="minor", approver="012345"
        )
        assert [r.outcome for r in accept_events(push, CLIENT, [arrival(hide)])] == ["accepted"]
        for _ in range(2):
            assert opened(database, "T2").values["withheld"] is True
            assert opened(database, "T2").values["history"] == []
            assert show_ahead(database, LAW) in (0, 1)


DUE = "UPDATE incident SET shown_until = -1 WHERE number = :high"
TOLD_BY_OTHERS = "UPDATE incident SET shown_until = 1, rules = 'older' WHERE :high > ''"


def begin(database: Database, law: Law) -> int:
    """End every showing of another edition than `law`; returns how many."""
    return sum(begin_edition(database, law))


@pytest.mark.parametrize("migrated_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize(("works", "before"), [(show_ahead, DUE), (begin, TOLD_BY_OTHERS)])
def test_the_worker_and_a_push_take_incidents_in_the_same_order(
    database: Database, works: Callable[[Database, Law], int], before: str
) -> None:
    """While somebody holds the first of two incidents, the worker waits for it and holds up nobody at the other."""
    push = contexts.push(database)
    low, high = (NUMBER, f"{NUMBER[:-1]}9")
    for number in (high, low):  # so that the later number is stored, and due, first
        push_story(push, number)
    with database.write() as conn:
        conn.execute(text(before), {"high": high})
    with ThreadPoolExecutor(1) as pool:
        with database.write() as conn:
            incidents.lock(conn, [low])
            working = pool.submit(works, database, LAW)
            until(lambda: waits_for_lock(database))
            assert set(incidents.lock(conn, [high])) == {high}
        assert working.result() == 2
