"""What may be taken in: every pair outside the rulebook is refused with the rule that forbids it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from lookup.domain.engine import illegal, tell
from lookup.domain.events import CaseKind, Event
from lookup.domain.story import Story
from lookup.services.rulebooks import load
from tests.support import golden

RULES, CALENDAR = load()
OPENED = ["2026-03-02 14:05 J10", "2026-03-02 14:20 J50", "2026-03-02 14:30 A20"]


def _event(line: str) -> Event:
    return golden.events([line])[0]


def _story(lines: list[str]) -> Story:
    return tell(RULES, CALENDAR, golden.events(lines))


@pytest.mark.parametrize("book", RULES.books, ids=[book.code for book in RULES.books])
def test_exactly_the_pairs_of_the_rulebook_are_legal(book: object) -> None:
    """Of all pairs of states, those of the rulebook pass and all others are refused, naming the state left."""
    year = {"R2016": 2017, "R2024": 2024, "R2026": 2026}
    rules = RULES.named(getattr(book, "code", ""))
    for from_, to in product(rules.states, repeat=2):
        case = "" if to[0] == "J" else " case=1"
        event = _event(f"{year[rules.code]}-03-02 14:05 {to} from={from_} reason=x target=369902520000{case}")
        refusal = illegal(RULES, event, None)
        assert (refusal is None) == ((from_, to) in rules.pairs), (from_, to)
        if refusal is not None:
            assert refusal.rule == f"{rules.code}/transitions/{from_}"
            assert refusal.article["zh-Hans"]


@pytest.mark.parametrize(
    ("line", "field", "rule"),
    [
        ("2026-03-02 14:05 J77", "to", "R2026/states"),
        ("2026-03-02 14:05 J20 from=J77", "from", "R2026/states"),
        ("2026-03-02 14:05 J20 from=J10 case=1", "case", "R2026/states/J20"),
        ("2026-03-02 14:05 X60 from=C30", "case", "R2026/states/X60"),
        ("2026-03-02 14:05 J95 from=J10", "target", "R2026/transitions/duplicate"),
        ("2026-03-02 14:05 J50 from=J96", "reason", "R2026/transitions/reopen_invalid"),
        ("2026-03-02 14:05 J10 channel=walkin", "attributes/channel", "R2026/attributes"),
        ("2026-03-02 14:05 J10 narrative=x", "attributes/narrative", "R2026/attributes"),
        ("2026-03-02 14:05 correct:1 reason=x law=traffic", "attributes/law", "R2026/attributes"),
        ("2026-03-02 14:05 mark:nothing", "reason", "R2026/marks"),
        ("2025-03-02 14:05 pause:hearing case=1", "reason", "R2024/pauses"),
        ("2026-03-02 14:05 pause:appraisal", "case", "R2026/clocks"),
        ("2026-03-02 14:05 withhold:because", "reason", "R2026/withholding"),
        ("2026-03-02 14:05 release", "approver", "R2026/approval"),
        ("2026-03-02 14:05 served:NOTHING case=1", "document", "R2026/documents"),
        ("2026-03-02 14:05 correct:1 to=J50", "reason", "R2026/amendments"),
        ("2026-03-02 14:05 correct:1 to=J77 reason=x", "to", "R2026/states"),
        ("2015-03-02 14:05 J10", "at", "rules"),
    ],
)
def test_a_refusal_names_field_and_rule(line: str, field: str, rule: str) -> None:
    """Both languages explain it, and what was sent is not repeated."""
    refusal = illegal(RULES, _event(line), None)
    assert refusal is not None
    assert (refusal.field, refusal.rule) == (field, rule)
    assert refusal.text["zh-Hans"]
    assert refusal.text["en"]
    assert "nothing" not in refusal.text["en"]
    assert "J77" not in refusal.text["en"]


@pytest.mark.parametrize(
    ("line", "taken", "member"),
    [
        ("2026-03-02 14:05 J20 from=J10", "to", "to"),
        ("2026-03-02 14:05 served:NOTHING case=1", "document", "document"),
        ("2026-03-02 14:05 mark:nothing", "reason", "reason"),
        ("2025-03-02 14:05 pause:hearing case=1", "reason", "reason"),
        ("2026-03-02 14:05 withhold:because", "reason", "reason"),
    ],
)
def test_a_member_that_is_not_there_is_missing_and_not_unknown(line: str, taken: str, member: str) -> None:
    """The refusal of a transition without its state does not say that the rulebook lacks the state."""
    refusal = illegal(RULES, replace(_event(line), **{taken: None}), None)  # type: ignore[arg-type]
    assert refusal is not None
    assert (refusal.field, refusal.rule) == (member, "wire.missing")
    assert all(f"data.{member}" in text for text in refusal.text.values())


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({}, ["reason", "approver"]),
        ({"reason": "x"}, ["approver"]),
        ({"replaces": None}, ["replaces", "reason", "approver"]),
    ],
)
def test_an_amendment_names_all_that_it_lacks(given: dict[str, object], missing: list[str]) -> None:
    """The field is the first that is missing, the text names every one and says what an approver is."""
    event = replace(_event("2026-03-02 14:05 correct:1 to=J50"), reason=None, approver=None)
    refusal = illegal(RULES, replace(event, **given), None)  # type: ignore[arg-type]
    assert refusal is not None
    assert (refusal.field, refusal.rule) == (missing[0], "R2026/amendments")
    for name in ("replaces", "reason", "approver"):
        assert all((f"data.{name}" in text) == (name in missing) for text in refusal.text.values())
    assert "staff number" in refusal.text["en"]


def test_who_approved_is_asked_for_by_number() -> None:
    """A name would be refused by the interface, so the text does not ask for one."""
    refusal = illegal(RULES, _event("2026-03-02 14:05 release"), None)
    assert refusal is not None
    assert "staff number" in refusal.text["en"]
    assert "警号" in refusal.text["zh-Hans"]
    assert all("data.approver" in text for text in refusal.text.values())


def test_the_kind_of_the_case_must_fit_the_state() -> None:
    """A criminal state of an administrative case is refused."""
    event = replace(_event("2026-03-02 14:05 C10 from=J50"), case_kind=CaseKind.ADMINISTRATIVE)
    refusal = illegal(RULES, event, None)
    assert refusal is not None
    assert refusal.field == "case_kind"


def test_what_lies_after_its_own_entry_is_refused() -> None:
    """Nobody can enter what has not happened."""
    event = _event("2026-03-02 14:05 J10")
    refusal = illegal(RULES, replace(event, entered_at=event.at - timedelta(hours=1)), None)
    assert refusal is not None
    assert refusal.rule == "R2026/time"
    assert illegal(RULES, replace(event, entered_at=event.at - timedelta(minutes=5)), None) is None


@pytest.mark.parametrize("told", [None, OPENED], ids=["unknown", "opened"])
@pytest.mark.parametrize("to", ["J20", "A30", "A40"])
def test_a_step_without_from_is_judged_by_the_rulebook_and_not_by_what_came_before_it(
    to: str, told: list[str] | None
) -> None:
    """Whatever is known of the incident, it is legal if its state can be reached at all."""
    assert illegal(RULES, _event(f"2026-03-02 15:00 {to}"), _story(told) if told else None) is None


def test_a_step_without_from_is_placed_where_the_machine_stands_at_that_time_or_waits() -> None:
    """The state at the time of the event counts; what does not fit there waits and disturbs no later step."""
    for line, fits in (
        ("2026-03-02 15:00 J20", False),
        ("2026-03-02 15:00 A30", True),
        ("2026-03-02 15:00 A40", False),
    ):
        story = _story([*OPENED, line])
        assert [step.to for step in story.waiting] == ([] if fits else [line.split()[2]])


def test_a_step_without_from_that_lacks_its_reason_is_refused_only_where_every_way_needs_one() -> None:
    """J95 needs the first incident from anywhere; J50 needs a reason only after J96, and waits there without it."""
    duplicate = illegal(RULES, replace(_event("2026-03-02 14:10 J95"), target=None), None)
    assert duplicate is not None
    assert duplicate.field == "target"
    begun = ["2026-03-02 14:05 J10", "2026-03-02 14:20 J96 reason=x"]
    assert illegal(RULES, _event("2026-03-02 14:30 J50"), None) is None
    assert [step.to for step in _story([*begun, "2026-03-02 14:30 J50"]).waiting] == ["J50"]
    assert _story([*begun, "2026-03-02 14:30 J50 reason=x"]).state == "J50"


def test_a_legal_pair_whose_predecessor_is_missing_is_not_refused() -> None:
    """It will wait for the predecessor."""
    assert illegal(RULES, _event("2026-03-02 15:00 A40 from=A30"), _story(OPENED)) is None
    assert illegal(RULES, _event("2026-03-02 15:00 J40 from=J30"), None) is None


def test_a_third_extension_is_refused_from_2026_and_a_second_before() -> None:
    """ZA2025 art 118: at most two; ZA2012 art 99: one."""
    old = ["2025-03-03 09:00 J10", "2025-03-03 10:00 J50", "2025-03-03 11:00 A20"]
    extended = [*OPENED, "2026-03-20 09:00 extension case=1", "2026-04-20 09:00 extension case=1"]
    for lines, day, article in (
        (extended, "2026-05-20", "118"),
        ([*old, "2025-03-20 09:00 extension case=1"], "2025-04-20", "99"),
    ):
        event = replace(_event(f"{day} 09:00 extension case=1"), approver="局长")
        refusal = illegal(RULES, event, _story(lines))
        assert refusal is not None
        assert article in refusal.article["zh-Hans"]
        assert illegal(RULES, event, _story(lines[:-1])) is None


def test_a_new_start_may_be_extended_anew() -> None:
    """After a failed mediation the period starts anew, and its extensions with it."""
    lines = [
        *OPENED, "2026-03-02 15:00 A30", "2026-03-20 09:00 extension case=1", "2026-04-20 09:00 extension case=1",
        "2026-05-10 09:00 mark:mediation_failed case=1",
    ]  # fmt: skip
    event = replace(_event("2026-06-01 09:00 extension case=1"), approver="局长")
    assert illegal(RULES, event, _story(lines)) is None
    assert illegal(RULES, event, _story(lines[:-1])) is not None


def test_a_case_is_opened_only_where_the_incident_stands_registered() -> None:
    """A new case without from is placed after acceptance and waits before it."""
    opening = "2026-03-02 15:00 C10 case=2"
    for lines, opened in ((OPENED[:2], True), (OPENED, True), (["2026-03-02 14:05 J10"], False)):
        story = _story([*lines, opening])
        assert ("2" in {case.id for case in story.cases}) == opened
        assert len(story.waiting) == (not opened)


def test_the_golden_events_are_legal() -> None:
    """What the golden tables use could have been taken in, but for the cases that show what does not count."""
    lawless = {
        "second-extension-2016-does-not-count",
        "third-extension-2026-does-not-count",
        "hearing-in-2025-does-not-pause",
        "a-pause-that-lasts",
        "unknown-channel-has-a-limit",
        "free-text-attributes-stay-inside",
    }
    for case in golden.cases():
        events = golden.events(case["events"])
        for event in events:
            complete = replace(
                event,
                approver="局长",
                reason=event.reason or ("x" if event.replaces else None),
                target=event.target or "369902520000",
            )
            refusal = illegal(RULES, complete, None)
            assert refusal is None or case["id"] in lawless, (case["id"], event.id, refusal)
