"""The fictional month of the demo: lawful, complete, the same again, and about nobody."""

import json
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from lookup.cli.demo_lists import NEVER_ENTERED, day_lists
from lookup.cli.demo_month import SOURCE, Month, make_month
from lookup.cli.demo_plots import PLOTS
from lookup.cli.demo_units import UNITS
from lookup.domain import engine, numbers
from lookup.domain.events import Event
from lookup.domain.story import Standing, Story
from lookup.services.law import read_law
from lookup.services.rulebooks import load
from lookup.web.push.wire import EventIn

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
RULES, CALENDAR = load()


@cache
def month() -> Month:
    """The month that ends at NOW."""
    return make_month(NOW)


@cache
def told() -> tuple[dict[str, Story], Counter[str]]:
    """What the service makes of it, event by event: the stories, and how many events had which fate."""
    events: dict[str, list[Event]] = defaultdict(list)
    stories: dict[str, Story] = {}
    known: dict[str, dict[str, Any]] = {}
    fates: Counter[str] = Counter()
    for sent in month().events:
        event = EventIn.model_validate(sent).event()
        if event.id in known:
            fates["duplicate" if known[event.id] == sent else "conflict"] += 1
        elif not event.unit.startswith("3699"):
            fates["foreign"] += 1
        elif engine.illegal(RULES, event, stories.get(event.incident)):
            fates["illegal"] += 1
        else:
            known[event.id] = sent
            events[event.incident].append(event)
            stories[event.incident] = story = engine.tell(RULES, CALENDAR, events[event.incident])
            fates["waiting" if any(s.id == event.id for s in story.waiting) else "accepted"] += 1
    return stories, fates


def standing(number: str) -> Standing:
    """How a story stands at NOW."""
    return engine.ask(RULES, CALENDAR, told()[0][number], NOW)


def test_the_month_is_large_enough() -> None:
    """At least 600 incidents and 4,500 events are told."""
    assert month().incidents >= 600
    assert len(month().events) >= 4500


def test_the_same_end_gives_the_same_month() -> None:
    """An interrupted load can be repeated, because nothing but `now` and the seed decides."""
    again = make_month(NOW)
    assert json.dumps(again.events) == json.dumps(month().events)


def test_every_state_of_the_rulebook_occurs() -> None:
    """Every state of the rules in force is entered by somebody's report."""
    entered = {step.to for story in told()[0].values() for step in story.history}
    assert set(RULES.on(NOW.date()).states) <= entered


def test_every_kind_of_event_occurs() -> None:
    """Transitions, corrections, retractions, pauses, extensions, papers, marks and withholding are all pushed."""
    kinds = {event["type"].removeprefix("lookup.") for event in month().events}
    assert kinds == {
        "transition", "correction", "retraction", "pause", "resume", "extension", "document", "withhold", "release",
        "mark",
    }  # fmt: skip


def test_events_come_also_twice_early_and_wrong() -> None:
    """Some events are repeated, out of order, illegal, of a foreign unit, or reuse an id; most are simply right."""
    fates = told()[1]
    assert min(fates[name] for name in ("duplicate", "waiting", "illegal", "foreign", "conflict")) >= 1
    assert fates["accepted"] > 0.95 * sum(fates.values())


def test_a_plot_is_refused_only_on_purpose() -> None:
    """Only the deliberately wrong events are illegal: a story that the law forbids would be a mistake here."""
    stories, _ = told()
    for sent in month().events:
        event = EventIn.model_validate(sent).event()
        if "-x" not in event.id and event.unit.startswith("3699"):
            assert engine.illegal(RULES, event, stories[event.incident]) is None, event


def test_nothing_lies_in_the_future() -> None:
    """The month ends now: nothing was typed in later."""
    assert all(
        datetime.fromisoformat(event["data"]["entered_at"]) <= NOW + timedelta(hours=1)
        for event in month().events
    )


def test_some_reports_are_overdue_and_some_were_late() -> None:
    """Supervision has something to find: several limits have run out, others were met too late."""
    found = [standing(number) for number in told()[0]]
    assert {due.code for each in found for due in each.overdue} >= {
        "review_administrative", "review_criminal", "registration_after_scene", "answer_after_acceptance", "decision",
    }  # fmt: skip
    assert sum(bool(each.done_late) for each in found) > 10


def test_the_samples_tell_what_is_promised() -> None:
    """Registered, not registered with remedies, transferred, overdue, withheld: each sample is that story."""
    stories = {sample.plot: told()[0][sample.number] for sample in month().samples}
    stands = {sample.plot: standing(sample.number) for sample in month().samples}
    registered = stories["sample_registered"]
    assert (registered.acceptance.code, registered.registration.code) == ("accepted", "filed")
    assert stories["sample_not_registered"].registration.code == "not_filed"
    assert "refusal_reconsideration" in {each.code for each in stands["sample_not_registered"].remedies}
    assert stories["sample_transferred"].state == "J97"
    assert [due.code for due in stands["sample_overdue"].overdue] == ["review_administrative"]
    assert stories["sample_withheld"].withheld == ("minor",)


def test_people_are_impossible() -> None:
    """Telephones are 199 0000 xxxx and citizen IDs begin with 999999, with the right check character."""
    persons = [person for event in month().events for person in event["data"].get("persons", ())]
    assert persons
    assert all(person.get("phone", "1990000").startswith("1990000") for person in persons)
    identities = [person["id_number"] for person in persons if "id_number" in person]
    assert identities
    assert all(numbers.citizen_id(each) == each and each.startswith("999999") for each in identities)


def test_units_do_not_exist() -> None:
    """Division codes 3699xx are unused and 0369-555xxxx is no telephone of anybody."""
    assert all(unit.code.startswith("3699") and unit.phone.startswith("0369-555") for unit in UNITS)
    assert all(event["source"] == SOURCE for event in month().events)


def test_every_plot_is_told() -> None:
    """No plot of the list is left out of the month."""
    assert month().incidents >= sum(plot.share for plot in PLOTS)


def test_the_law_is_the_one_in_use() -> None:
    """The rules these tests judge by are those the service applies."""
    assert read_law().rules is RULES


def test_the_lists_of_the_last_week_name_every_report_but_one() -> None:
    """Each day's list has the reports of that day; yesterday's also two that nobody pushed, and lacks one."""
    lists = day_lists(month().events, NOW)
    assert [each.day for each in lists] == [f"2026-11-{day}" for day in range(18, 25)]
    pushed = {event["subject"] for event in month().events}
    invented = [number for each in lists for number in each.numbers if number not in pushed]
    assert len(invented) == NEVER_ENTERED
    assert set(invented) <= set(lists[-1].numbers)
    assert all(len(set(each.numbers)) == len(each.numbers) > 5 for each in lists)
    assert all(isinstance(numbers.incident_number(number), str) for number in invented)
    assert day_lists(reversed(month().events), NOW) == lists


def test_one_step_is_lost_on_the_way() -> None:
    """Numbered from 1, refused events included, one number is missing, and one step of one report waits for it."""
    sent = {int(event["sequence"]) for event in month().events}
    assert len(set(range(1, max(sent) + 1)) - sent) == 1
    waiting = [story for story in told()[0].values() if story.waiting]
    assert [[step.to for step in story.waiting] for story in waiting] == [["J90"]]
    assert waiting[0].history[-1].to == "J30"
