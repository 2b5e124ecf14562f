"""Judging refused events again, closing them, and both at once with a mended event: once each, with an entry."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text

from lookup.services import register_client
from lookup.services.arrivals import Fault
from lookup.services.contexts import ConsoleContext
from lookup.services.replay_quarantine import Actor, Closing, Scope, Sought, close, matching, replay
from lookup.storage import tables
from lookup.storage.database import Database, open_database
from lookup.web.push.arriving import reader
from tests.support import contexts
from tests.support.pushing import BATCH, NUMBER, Desk, count, event, later
from tests.support.shelves import acts, items, states

STAFF = Actor(b"s" * 16, "203.0.113.0/24")
READ = reader(r"[0-9]{20}")
ELSEWHERE = ("3698",)


def mend_scope(desk: Desk) -> None:
    """The client may speak for the unit of the test event from now on."""
    register_client.rescope(desk.context, "tester", "yunxi", register_client.Scope(("3698", "3699")))


def again(desk: Desk, *ids: int) -> list[tuple[str, str, str]]:
    """Replay items (none: all open ones); event id, outcome and rule of each."""
    told = replay(desk.context, STAFF, ids or matching(desk.context, Sought()), READ)
    return [(each.event, each.outcome, each.fault.rule if each.fault else "") for each in told]


def test_a_refused_event_is_taken_when_its_cause_was_mended(database: Database) -> None:
    """It is stored as its client's, under its own id; sent once more it is a duplicate that brings the reference."""
    desk = Desk(database, units=ELSEWHERE)
    assert desk.send(event()).status_code == 422
    mend_scope(desk)
    assert again(desk) == [("e-1", "accepted", "")]
    assert states(database) == [("e-1", "replayed", "e-1")]
    response = desk.send(event())
    assert response.headers["Lookup-Repeated"] == "true"
    assert response.get_json()["reference"]["code"]


def test_what_is_refused_again_stays_with_its_new_reason(database: Database) -> None:
    """The item is open, under the rule that forbids it now."""
    desk = Desk(database, units=ELSEWHERE)
    desk.send(event(data__to="Z99"))
    assert [item.rule for item in items(database)] == ["scope.unit"]
    mend_scope(desk)
    assert again(desk) == [("e-1", "quarantined", "R2026/states")]
    (item,) = items(database)
    assert (item.rule, item.state, item.unit) == ("R2026/states", "open", "")
    assert item.judged > item.received


def test_every_replayed_item_has_an_entry_of_who_did_it(database: Database) -> None:
    """Actor, network, client, item and rule; the report of a taken one; and no entry of a push."""
    desk = Desk(database, units=ELSEWHERE)
    desk.send([event(), event("e-2", data__to="Z99")], BATCH)
    mend_scope(desk)
    again(desk)
    first, second = (item.id for item in items(database))
    told = [act for act in acts(database) if act["act"] == "replay"]
    assert told == [
        {"act": "replay", "client": "yunxi", "item": first},
        {"act": "replay", "client": "yunxi", "item": second, "rule": "R2026/states"},
    ]
    query = text(
        "SELECT outcome, actor, net, report IS NULL FROM audit_entry WHERE action = 23 ORDER BY ts, seq"
    )
    with database.read() as conn:
        rows = [(row[0], bytes(row[1]), row[2], bool(row[3])) for row in conn.execute(query)]
    assert rows == [(5, STAFF.token, STAFF.net, False), (8, STAFF.token, STAFF.net, True)]


def test_of_several_refused_under_one_id_the_newest_is_judged(database: Database) -> None:
    """It was sent to mend the others; taken, it settles them."""
    desk = Desk(database, units=ELSEWHERE)
    desk.send(event(time="2026-03-02T08:14:04+08:00"))
    desk.send(event())
    mend_scope(desk)
    assert again(desk) == [("e-1", "accepted", "")]
    assert [state for _, state, _ in states(database)] == ["settled", "replayed"]


def test_a_replay_comes_in_the_order_of_arrival_and_may_wait(database: Database) -> None:
    """Events of one incident find their places as if they had just been pushed together."""
    desk = Desk(database, units=ELSEWHERE)
    desk.send([later("e-3", "J30", 30, data__from="J20"), event(), later("e-2", "J20", 20)], BATCH)
    desk.send(later("e-9", "J91", 50, data__from="J40"))
    mend_scope(desk)
    assert [outcome for _, outcome, _ in again(desk)] == ["accepted", "accepted", "accepted", "waiting"]
    with database.read() as conn:
        assert '"state":"J30"' in conn.execute(text("SELECT story FROM incident")).scalar_one().replace(
            " ", ""
        )


def test_what_was_mended_meanwhile_is_not_taken_again(database: Database) -> None:
    """An item that ended before the replay came to it is told as ended and leaves no entry."""
    desk = Desk(database, units=ELSEWHERE)
    desk.send(event())
    (item,) = items(database)
    mend_scope(desk)
    desk.send(event(time="2026-03-02T08:14:06+08:00"))
    assert again(desk, item.id) == [("e-1", "ended", "")]
    assert count(database, tables.event) == 1
    assert [act["act"] for act in acts(database)] == ["settle"]


def test_a_conflict_stays_a_conflict(database: Database) -> None:
    """What reuses the id of another event can not be replayed; it needs a new id."""
    desk = Desk(database)
    desk.send(event())
    desk.send(event(time="2026-03-02T08:14:06+08:00"))
    assert again(desk) == [("e-1", "conflict", "event.id_reused")]
    assert [state for _, state, _ in states(database)] == ["open"]


def test_bytes_that_are_no_event_stay_where_they_lie(database: Database) -> None:
    """Unreadable bodies keep name and bytes however often they are judged."""
    desk = Desk(database)
    desk.send(b"{broken")
    desk.send([], BATCH)
    before = [item[:4] + (item.digest,) for item in items(database)]
    assert [outcome for _, outcome, _ in again(desk)] == ["quarantined"] * 2
    assert [item[:4] + (item.digest,) for item in items(database)] == before


def test_nothing_of_a_suspended_client_is_replayed(database: Database) -> None:
    """Suspension holds for what lies in quarantine too."""
    desk = Desk(database, units=ELSEWHERE)
    desk.send(event())
    mend_scope(desk)
    register_client.suspend(desk.context, "tester", "yunxi")
    assert again(desk) == [("e-1", "barred", "")]
    assert [state for _, state, _ in states(database)] == ["open"]


def test_a_supervisor_touches_only_what_the_jurisdiction_holds(database: Database) -> None:
    """By unit where the event has one, else by the client."""
    desk = Desk(database)
    desk.send([event(data__to="Z99"), 7], BATCH)
    first, second = (item.id for item in items(database))
    for scope, seen in (
        (Scope(("3699",), ()), [first]),
        (Scope(("3698",), ("yunxi",)), [second]),
        (Scope(("3698",), ("other",)), []),
    ):
        actor = replace(STAFF, scope=scope)
        assert [each.item for each in replay(desk.context, actor, [first, second], READ)] == seen
        for id_ in {first, second} - set(seen):
            assert close(desk.context, actor, id_, "test_data") is None


def test_closing_needs_a_reason_and_is_an_entry(database: Database) -> None:
    """Kept with the reason; an unknown reason changes nothing; closing twice neither."""
    desk = Desk(database)
    desk.send(b"{broken")
    (item,) = items(database)
    assert isinstance(close(desk.context, STAFF, item.id, "because"), Fault)
    assert acts(database) == []
    for reason, now in (("test_data", True), ("beyond_repair", False), ("test_data", False)):
        done = close(desk.context, STAFF, item.id, reason)
        assert isinstance(done, Closing)
        assert (done.item.state, done.item.reason, done.now) == ("closed", "test_data", now)
    expected = {"act": "close", "client": "yunxi", "item": item.id, "reason": "test_data"}
    assert acts(database) == [expected]
    assert again(desk) == []


def test_a_closed_item_is_open_again_when_its_event_comes_again_and_settled_when_it_comes_mended(
    database: Database,
) -> None:
    """A person's decision does not bury what the source still means."""
    desk = Desk(database)
    desk.send(event(data__to="Z99"))
    (item,) = items(database)
    for body, state in ((event(data__to="Z99"), "open"), (event(), "settled")):
        close(desk.context, STAFF, item.id, "sent_by_mistake")
        desk.send(body)
        assert [found for _, found, _ in states(database)] == [state]


@pytest.fixture
def as_console(migrated_url: str, database: Database) -> Iterator[ConsoleContext]:
    """The console's context with no right but those of its own role."""
    context = contexts.console(open_database(migrated_url, role="lookup_console"))
    yield context
    context.database.close()


def test_the_console_has_the_rights_that_a_replay_needs(
    database: Database, as_console: ConsoleContext
) -> None:
    """A new incident with persons, and a later event of a known one, are taken under the console's own role."""
    desk = Desk(database, units=ELSEWHERE)
    desk.send([event(), event("e-9", data__to="Z99")], BATCH)
    mend_scope(desk)
    assert [each.outcome for each in replay(as_console, STAFF, [1, 2], READ)] == ["accepted", "quarantined"]
    with database.read() as conn:
        assert conn.execute(text("SELECT count(*) FROM second_fact")).scalar_one() == 1
    closed = close(as_console, STAFF, 2, "test_data")
    assert isinstance(closed, Closing)


def at_once(*acts_: Callable[[], Any]) -> list[Any]:
    """Do several things at the same moment."""
    gate = threading.Barrier(len(acts_))

    def held(act: Callable[[], Any]) -> Any:
        gate.wait()
        return act()

    with ThreadPoolExecutor(len(acts_)) as pool:
        return list(pool.map(held, acts_))


@pytest.mark.parametrize("mending", ["same id", "supersedes", "a second replay"])
def test_a_replay_and_a_mended_event_at_once_take_one_of_them(database: Database, mending: str) -> None:
    """Whoever comes first takes the fact; the other finds it taken; the item ends once, with one entry."""
    desk = Desk(database, units=ELSEWHERE)
    for turn in range(4):
        register_client.rescope(desk.context, "tester", "yunxi", register_client.Scope(ELSEWHERE))
        number, id_ = f"{NUMBER[:-1]}{turn}", f"x-{turn}"
        desk.send(event(id_, subject=number))
        lying = items(database)[-1].id
        mend_scope(desk)
        changed = {"subject": number, "time": "2026-03-02T08:14:06+08:00"}
        other: Callable[[], Any] = partial(again, desk, lying)
        if mending == "same id":
            other = partial(desk.send, event(id_, **changed))
        elif mending == "supersedes":
            other = partial(desk.send, event(f"m-{turn}", supersedes=id_, **changed))
        at_once(partial(again, desk, lying), other)
        with database.read() as conn:
            query = "SELECT count(*) FROM event e JOIN incident i ON i.id = e.incident WHERE i.number = :n"
            assert conn.execute(text(query), {"n": number}).scalar_one() == 1
        assert next(item for item in items(database) if item.id == lying).state in ("replayed", "settled")
        assert len([act for act in acts(database) if act["item"] == lying and "rule" not in act]) == 1
