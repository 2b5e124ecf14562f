"""The engine answers from the set of events: order and repetition are nothing, and a story survives storage."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import UTC, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookup.domain.engine import ask, tell
from lookup.domain.events import Event
from lookup.domain.story import from_json, to_json
from lookup.services.rulebooks import load
from tests.support import golden

RULES, CALENDAR = load()
CASES = golden.cases()
WHATS = [
    *RULES.books[-1].states, "pause:appraisal case=1", "resume:appraisal case=1", "extension case=1",
    "mark:complex case=1", "mark:minor", "withhold:privacy", "release", "served:NOT_FILED_NOTICE case=1",
    "correct:2 to=J50", "retract:3", "retract:5", "correct:4",
]  # fmt: skip
LINES = st.lists(
    st.tuples(st.integers(0, 40), st.sampled_from(WHATS)).map(
        lambda item: f"2026-0{1 + item[0] % 9}-{10 + item[0] % 17} {item[0] % 24:02}:00 {item[1]}"
    ),
    min_size=1,
    max_size=14,
)


def _shuffled(events: list[Event], seed: int) -> list[Event]:
    chance = random.Random(seed)  # noqa: S311 — a test's shuffle needs no secrecy
    mixed = [*events, *chance.choices(events, k=3)]
    chance.shuffle(mixed)
    return mixed


@given(st.sampled_from(CASES), st.integers())
def test_lawful_events_in_any_order_and_repeated_give_the_same_story(
    case: dict[str, list[str]], seed: int
) -> None:
    """The order of arrival and a second arrival change nothing."""
    events = golden.events(case["events"])
    assert tell(RULES, CALENDAR, _shuffled(events, seed)) == tell(RULES, CALENDAR, events)


@given(LINES, st.integers())
def test_any_events_in_any_order_and_repeated_give_the_same_story(lines: list[str], seed: int) -> None:
    """Even nonsense gives one answer, and nothing is lost: every event is placed, waiting, struck or amending."""
    events = golden.events(lines)
    story = tell(RULES, CALENDAR, events)
    assert tell(RULES, CALENDAR, _shuffled(events, seed)) == story
    amending = sum(event.kind in ("correction", "retraction") for event in events)
    retracted = len(story.struck) - sum(step.corrected for step in (*story.history, *story.waiting))
    orphans = sum(step.kind in ("correction", "retraction") for step in story.waiting)
    assert len(story.history) + len(story.waiting) - orphans + retracted == len(events) - amending


@given(LINES)
def test_a_story_survives_storage(lines: list[str]) -> None:
    """Written as JSON text and read again, a story is equal."""
    story = tell(RULES, CALENDAR, golden.events(lines))
    assert from_json(json.loads(json.dumps(to_json(story)))) == story


@given(st.sampled_from(CASES))
def test_the_offset_of_the_times_is_nothing(case: dict[str, list[str]]) -> None:
    """The same moments written in UTC give the same story."""
    events = golden.events(case["events"])
    utc = [
        replace(event, at=event.at.astimezone(UTC), entered_at=event.entered_at.astimezone(UTC))
        for event in events
    ]
    assert tell(RULES, CALENDAR, utc) == tell(RULES, CALENDAR, events)


@given(LINES, st.integers(0, 400))
def test_every_unmet_limit_is_running_or_overdue(lines: list[str], days: int) -> None:
    """No limit is forgotten: unmet ones run or are overdue, and what is overdue stays so until it is met."""
    story = tell(RULES, CALENDAR, golden.events(lines))
    now = golden.moment("2026-01-01 00:00") + timedelta(days=days)
    standing = ask(RULES, CALENDAR, story, now)
    unmet = [due for due in story.dues if due.done_at is None]
    assert sorted(map(repr, (*standing.running, *standing.overdue))) == sorted(map(repr, unmet))
    later = ask(RULES, CALENDAR, story, now + timedelta(days=1))
    assert set(standing.overdue) <= set(later.overdue)


def test_events_of_two_incidents_are_refused() -> None:
    """A story is about one incident."""
    one, two = golden.events(["2026-03-02 14:05 J10", "2026-03-02 14:06 J20"])
    with pytest.raises(ValueError, match="one incident"):
        tell(RULES, CALENDAR, [one, replace(two, incident="36990226030214050002")])


def test_two_different_events_with_one_identity_count_once() -> None:
    """The first entered of two different events with the same identity is kept, whatever came first."""
    first, second = golden.events(["2026-03-02 14:05 J10 id=1", "2026-03-02 15:05 J10 id=1"])
    assert tell(RULES, CALENDAR, [first, second]) == tell(RULES, CALENDAR, [second, first])
    assert tell(RULES, CALENDAR, [second, first]).received_at == first.at


@given(LINES)
def test_only_legal_steps_are_placed_and_they_form_a_chain(lines: list[str]) -> None:
    """Each placed step leaves the state in which its machine stood, by a pair of the rulebook of its day."""
    story = tell(RULES, CALENDAR, golden.events(lines))
    stood: dict[str | None, str] = {}
    for step in story.history:
        if step.kind != "transition" or step.to is None:
            continue
        book = RULES.on(step.at.date())
        if step.case in stood:
            assert step.from_ == stood[step.case]
        assert (step.from_ is None and step.to == "J10") or (step.from_ or "", step.to) in book.pairs
        stood[step.case] = step.to
    assert stood.get(None) == story.state


def test_a_step_that_is_not_legal_where_the_machine_stands_waits() -> None:
    """Without a from, the pair with the present state must be legal."""
    story = tell(RULES, CALENDAR, golden.events(["2026-03-02 14:05 J10", "2026-03-02 14:06 J90"]))
    assert (story.state, [step.to for step in story.waiting]) == ("J10", ["J90"])


@pytest.mark.parametrize(("seconds", "state"), [("00", "J30"), ("01", "J20")])
def test_clocks_of_two_systems_may_disagree_by_ten_minutes(seconds: str, state: str) -> None:
    """Ten minutes before its predecessor a step is still placed, a second more and it waits."""
    lines = ["2026-03-02 14:00 J10", "2026-03-02 14:05:00 J30 from=J20", f"2026-03-02 14:15:{seconds} J20"]
    assert tell(RULES, CALENDAR, golden.events(lines)).state == state


def test_of_two_steps_at_one_instant_the_sequence_decides() -> None:
    """Where both would be legal, the number the source counts by is the order."""
    lines = ["2026-03-02 14:05 J10", "2026-03-02 14:06 J20", "2026-03-02 14:20 J40"]
    begun = golden.events(lines)
    last = golden.events([*lines, "2026-03-02 14:30 J50", "2026-03-02 14:30 J90"])[3:]
    for numbers, state in (((1, 2), "J50"), ((2, 1), "J90")):
        pair = [replace(event, sequence=number) for event, number in zip(last, numbers, strict=True)]
        story = tell(RULES, CALENDAR, [*begun, *pair])
        assert [step.to for step in story.history][3] == state


def test_corrections_of_nothing_wait() -> None:
    """A correction without its original, of itself, in a circle, or that names nothing, changes nothing and waits."""
    lines = [
        "2026-03-02 14:05 J10",
        "2026-03-02 14:05 correct:3",
        "2026-03-02 14:05 correct:2",
        "2026-03-02 14:05 correct:9",
    ]
    events = golden.events(lines)
    events.append(replace(events[3], id="8", replaces=None))
    story = tell(RULES, CALENDAR, events)
    assert story.state == "J10"
    assert [step.id for step in story.waiting] == ["2", "3", "4", "8"]
