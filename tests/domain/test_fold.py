"""Who may amend what: a source its own events, everybody those of the unit spoken for and of the units below it."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest

from lookup.domain.events import Event, Kind
from lookup.domain.fold import effective, persons_since, told_at
from tests.support.reports import step

STATION, OTHER, COUNTY = "369901510000", "369902510000", "369901000000"


def strike(source: str, unit: str, of: Event) -> Event:
    """A retraction of `of` by a source in the name of a unit."""
    gone = replace(step("gone", "J10", 30), kind=Kind.RETRACTION, to=None, reason="wrong_entry", approver="1")
    return replace(gone, source=source, unit=unit, replaces=(of.source, of.id))


@pytest.mark.parametrize(
    ("source", "unit", "counts"),
    [
        ("urn:a", STATION, True),
        ("urn:a", OTHER, True),
        ("urn:b", STATION, True),
        ("urn:b", COUNTY, True),
        ("urn:b", OTHER, False),
        ("urn:b", "369901520000", False),
    ],
)
def test_a_retraction_counts_by_whose_event_it_strikes(source: str, unit: str, counts: bool) -> None:
    """Its own source's always, another's only in the name of its unit or one above; in whatever order they come."""
    first = replace(step("first", "J10", 0), source="urn:a", unit=STATION)
    gone = strike(source, unit, first)
    for events in permutations([first, gone]):
        said = effective(events)
        assert bool(said.struck) == counts
        assert bool(said.events) != counts
        assert said.orphans == (() if counts else (gone,))


def test_an_amendment_of_an_amendment_has_the_same_rule() -> None:
    """Who may not touch a retraction can not bring back what it struck."""
    first = replace(step("first", "J10", 0), source="urn:a", unit=STATION)
    gone = strike("urn:a", STATION, first)
    back = replace(strike("urn:b", OTHER, gone), id="back")
    for events in permutations([first, gone, back]):
        said = effective(events)
        assert said.events == ()
        assert said.orphans == (back,)


def test_a_chain_of_corrections_may_be_as_long_as_it_likes() -> None:
    """Each is looked at once: three thousand, one of the other, are no deeper than one, and the last one counts."""
    chain = [step("c-0", "J10", 0)]
    for place in range(1, 3000):
        right = replace(
            step(f"c-{place}", "J10", place), kind=Kind.CORRECTION, to=None, persons=("reporter",)
        )
        chain.append(replace(right, replaces=(chain[-1].source, chain[-1].id)))
    for events in (chain, chain[::-1]):
        said = effective(events)
        assert [event.at for event, _ in said.events] == [chain[-1].at]
        assert said.orphans == ()
        assert persons_since(events) == {"reporter": told_at(chain[-1])}


def test_amendments_that_name_each_other_lead_nowhere() -> None:
    """They wait, and name nobody."""
    first, second = (
        replace(step(f"c-{n}", "J10", n), kind=Kind.CORRECTION, persons=("victim",)) for n in (1, 2)
    )
    ring = [
        replace(first, replaces=(second.source, second.id)),
        replace(second, replaces=(first.source, first.id)),
    ]
    events = [step("first", "J10", 0), *ring]
    assert effective(events).orphans == tuple(ring)
    assert persons_since(events) == {}
