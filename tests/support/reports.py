"""Builders of events and arrivals: one invented report in an invented prefecture."""

from __future__ import annotations

from datetime import datetime, timedelta

from lookup.domain.calendar import SHANGHAI
from lookup.domain.events import CaseKind, Event, Kind
from lookup.services.accept_events import accept_events
from lookup.services.arrivals import Arrival, Client, Person, Result
from lookup.services.contexts import PushContext
from lookup.services.references import Reference

NUMBER = "36990226030209150001"
CASE = "A3699025100002026030001"
UNIT = "369902510000"
SOURCE = "//dispatch.yunxi.test"
CLIENT = Client("dispatch", "云溪市110", ("3699",))
PHONE = "19900001234"
ID_NUMBER = "999999200001010018"
NAME = "欧阳测试"
START = datetime(2026, 3, 2, 9, 15, tzinfo=SHANGHAI)
REPORTER = Person("reporter", PHONE)
VICTIM = Person("victim", None, ID_NUMBER, NAME)


def step(
    id_: str, to: str, minutes: int, from_: str | None = None, number: str = NUMBER, **more: object
) -> Event:
    """A transition of the report `minutes` after the call."""
    at = START + timedelta(minutes=minutes)
    return Event(SOURCE, id_, Kind.TRANSITION, number, at, at, UNIT, to=to, from_=from_, **more)  # type: ignore[arg-type]


def story(number: str = NUMBER) -> list[Event]:
    """A report that was accepted and registered as an administrative case within a day."""
    case: dict[str, object] = {"case": CASE, "case_kind": CaseKind.ADMINISTRATIVE}
    return [
        step(f"{number}-1", "J10", 0, None, number),
        step(f"{number}-2", "J20", 1, "J10", number),
        step(f"{number}-3", "J30", 12, "J20", number),
        step(f"{number}-4", "J40", 40, "J30", number),
        step(f"{number}-5", "J50", 60, "J40", number),
        step(f"{number}-6", "A10", 60, "J50", number, **case),
        step(f"{number}-7", "A20", 300, "A10", number, **case),
    ]


def arrival(event: Event, *persons: Person, body: bytes | None = None) -> Arrival:
    """The event as it came in by push."""
    return Arrival(event.source, event.id, body or event.id.encode(), event, persons)


def push_story(
    context: PushContext, number: str = NUMBER, *persons: Person
) -> tuple[Reference, list[Result]]:
    """Push the whole story one event after another; returns the reference that the first answer carried."""
    events = story(number)
    people = persons or (REPORTER, VICTIM)
    results = accept_events(context, CLIENT, [arrival(events[0], *people)])
    results += accept_events(context, CLIENT, [arrival(event) for event in events[1:]])
    reference = results[0].reference
    assert reference is not None
    return reference, results
