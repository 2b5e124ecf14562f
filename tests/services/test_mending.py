"""Mended events settle what was refused: under the same id or with `supersedes`, once, with an entry, in any order."""

from __future__ import annotations

from typing import Any

import pytest

from lookup.services.accept_events import accept_events
from lookup.services.arrivals import Arrival, Fault
from lookup.storage.database import Database
from tests.support import contexts
from tests.support.reports import CLIENT, SOURCE, arrival, step, story
from tests.support.shelves import acts, items, states

BROKEN = Fault("/data", "wire.missing", {"zh-Hans": "缺", "en": "missing"})


def refused(id_: str, body: bytes = b"{}") -> Arrival:
    """An event that could not be understood."""
    return Arrival(SOURCE, id_, body, None, (), BROKEN)


def push(database: Database, *arrivals: Arrival) -> list[str]:
    """Push one batch and return the outcomes, a refusal by its rule."""
    results = accept_events(contexts.push(database), CLIENT, arrivals)
    return [result.fault.rule if result.fault else result.outcome for result in results]


def mended(id_: str = "m", supersedes: str | None = None, **changes: Any) -> Arrival:
    """A lawful first event of the report."""
    event = step(id_, "J10", 0, **changes)
    return Arrival(SOURCE, id_, b"mended " + id_.encode(), event, supersedes=supersedes)


def test_a_mended_event_under_the_same_id_settles_every_refused_one(database: Database) -> None:
    """Two failed attempts under one id are both settled by the event that is taken under it."""
    assert push(database, refused("m"), refused("m", b"[]"), refused("other")) == ["wire.missing"] * 3
    assert push(database, mended()) == ["accepted"]
    assert states(database) == [("m", "settled", "m"), ("m", "settled", "m"), ("other", "open", "")]
    assert all(item.ended is not None for item in items(database)[:2])


def test_a_mended_event_under_a_new_id_settles_what_it_supersedes(database: Database) -> None:
    """`supersedes` names the refused event; the item then names the event that settled it."""
    push(database, refused("sha256:00"))
    assert push(database, mended("m", "sha256:00")) == ["accepted"]
    assert states(database) == [("sha256:00", "settled", "m")]


def test_settling_is_an_entry(database: Database) -> None:
    """Each item that leaves has its own entry in the transaction of the event, with client and item, no content."""
    push(database, refused("m"), refused("m", b"[]"))
    push(database, mended())
    first, second = items(database)
    expected = [{"act": "settle", "client": CLIENT.id, "item": item.id} for item in (first, second)]
    assert acts(database) == expected


def test_refused_and_mended_in_one_batch(database: Database) -> None:
    """The order within a batch counts like the order of batches."""
    assert push(database, refused("m"), mended(), refused("n")) == [
        "wire.missing",
        "accepted",
        "wire.missing",
    ]
    assert states(database) == [("m", "settled", "m"), ("n", "open", "")]
    assert [act["item"] for act in acts(database)] == [items(database)[0].id]


@pytest.mark.parametrize("twice", ["same id", "supersedes"])
def test_one_fact_is_not_taken_twice(database: Database, twice: str) -> None:
    """What was settled already can not be superseded by a second event."""
    push(database, refused("m"))
    push(database, mended() if twice == "same id" else mended("k", "m"))
    assert push(database, mended("n", "m")) == ["quarantine.ended"]
    assert [item.event for item in items(database)] == ["m", "n"]


def test_superseding_nothing_is_refused_and_kept(database: Database) -> None:
    """A misspelt `supersedes` does not vanish."""
    assert push(database, mended("m", "nothing")) == ["quarantine.unknown"]
    assert states(database) == [("m", "open", "")]


def test_another_source_can_not_settle(database: Database) -> None:
    """Items are found under the source of the event only."""
    push(database, refused("m"))
    foreign = Arrival("urn:other", "m", b"x", step("m", "J10", 0))
    assert push(database, foreign) == ["accepted"]
    assert states(database) == [("m", "open", "")]


def test_the_same_refused_event_again_has_the_newest_reason(database: Database) -> None:
    """It is kept once; reason and time of judgement are the last ones."""
    push(database, refused("m"))
    other = Fault("/id", "wire.format", {"zh-Hans": "格", "en": "format"})
    accept_events(contexts.push(database), CLIENT, [Arrival(SOURCE, "m", b"{}", None, (), other)])
    (item,) = items(database)
    assert (item.rule, item.state) == ("wire.format", "open")
    assert item.judged > item.received


def test_a_conflict_is_settled_under_a_new_id(database: Database) -> None:
    """An id that belongs to another event can not be used again; the mended event comes under its own."""
    push(database, arrival(story()[0]))
    assert push(database, arrival(story()[0], body=b"else")) == ["event.id_reused"]
    second = story()[1]
    mending = Arrival(SOURCE, second.id, b"second", second, supersedes=story()[0].id)
    assert push(database, mending) == ["accepted"]
    assert states(database) == [(story()[0].id, "settled", second.id)]


def test_what_comes_late_after_the_mended_event_is_a_conflict_of_its_own(database: Database) -> None:
    """A refused body that was settled stays settled when it is sent again; one never seen lies open."""
    push(database, refused("m"))
    push(database, mended())
    assert push(database, refused("m"), refused("m", b"[]")) == ["event.id_reused"] * 2
    assert states(database) == [("m", "settled", "m"), ("m", "open", "")]


def test_the_unit_is_kept_where_the_client_may_speak_for_it(database: Database) -> None:
    """A lawful form with an unlawful step has a unit, by which a supervisor's jurisdiction finds it."""
    push(database, mended("m", "nothing"), refused("n"))
    assert [item.unit for item in items(database)] == ["369902510000", ""]
