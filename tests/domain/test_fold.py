"""Who may amend what: a source its own events, everybody those of the unit spoken for and of the units below it."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest

from lookup.domain import fold
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


def test_a_long_chain_of_corrections_is_walked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each correction is resolved once; two hundred, one of the other, held a source's incident for two minutes."""
    chain = [step("c-0", "J10", 0)]
    for place in range(1, 60):
        right = replace(
            step(f"c-{place}", "J10", place), kind=Kind.CORRECTION, to=None, persons=("reporter",)
        )
        chain.append(replace(right, replaces=(chain[-1].source, chain[-1].id)))
    asked, real = list[str](), fold._resolve

    def resolve(event: Event, *more: Any) -> Any:
        asked.append(event.id)
        return real(event, *more)

    monkeypatch.setattr(fold, "_resolve", resolve)
    assert persons_since(chain) == {"reporter": told_at(chain[-1])}
    assert sorted(asked) == sorted(event.id for event in chain)
