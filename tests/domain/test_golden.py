"""The golden cases, worked by hand from the law text: stage, deadline, article, remedy, what T1 and T2 see."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lookup.domain.disclosure import Disclosed, disclose
from lookup.domain.engine import ask, tell
from lookup.domain.story import Answer, Due, Standing, Story
from lookup.services.rulebooks import load
from tests.support import golden

CASES = golden.cases()
RULES, CALENDAR = load()


def _told(case: dict[str, Any]) -> tuple[Story, Standing, Disclosed, Disclosed]:
    story = tell(RULES, CALENDAR, golden.events(case["events"]))
    standing = ask(RULES, CALENDAR, story, golden.moment(case["at"]))
    return story, standing, disclose(RULES, story, standing, "T1"), disclose(RULES, story, standing, "T2")


def _line(due: Due) -> str:
    return f"{due.code} {due.due_at:%Y-%m-%d %H:%M:%S}" if due.due_at else due.code


def _words(subject: str, answer: Answer | None) -> str:
    assert answer is not None
    label = RULES.named(answer.rules).headline(subject, answer.code, answer.case_kind)["zh-Hans"]
    return " ".join(
        str(part) for part in (label, f"{answer.at:%Y-%m-%d %H:%M}" if answer.at else "", answer.unit)
    )


def _check_dues(case: dict[str, Any], standing: Standing) -> None:
    groups = {
        "running": [due for due in standing.running if due.due_at],
        "paused": [due for due in standing.running if due.due_at is None],
        "overdue": standing.overdue,
        "done_late": standing.done_late,
    }
    for name, dues in groups.items():
        expected = case.get(name)
        lines = {_line(due) for due in dues}
        if expected is not None:
            assert set(expected) <= lines if expected else not lines, (name, lines)
    for code in case.get("provisional", ()):
        assert all(due.provisional for due in standing.running if due.code == code)


def _check_articles(case: dict[str, Any], seen: Disclosed) -> None:
    if "article" in case:
        named = {f"{text['zh-Hans']}" for due in seen.dues for text in due.sources}
        assert case["article"] in named, named
    if "unsure" in case:
        assert any(due.code == case["unsure"] and due.unsure for due in seen.dues)


def _check_remedies(case: dict[str, Any], standing: Standing, one: Disclosed, two: Disclosed) -> None:
    for name, codes in (
        ("remedies", [item.code for item in standing.remedies]),
        ("t1_remedies", [item.code for item in one.remedies]),
        ("t2_remedies", [item.code for item in two.remedies]),
    ):
        if name in case:
            assert sorted(codes) == sorted(case[name]), name
    ends = {
        f"{item.code} {item.until:%Y-%m-%d %H:%M:%S}" if item.until else f"{item.code} -"
        for item in standing.remedies
    }
    assert set(case.get("until", ())) <= ends, ends
    shown = {item.code: item for item in two.remedies}
    for code, addressee in case.get("addressee", {}).items():
        assert shown[code].addressee["zh-Hans"] == addressee
    assert all(shown[code].unsure for code in case.get("unsure_remedies", ()))
    assert all(not shown[code].unsure for code in case.get("sure", ()))
    assert all(shown[code].provisional for code in case.get("provisional_remedies", ()))


def _check_answers(case: dict[str, Any], story: Story, one: Disclosed) -> None:
    for name, subject, answer in (
        ("acceptance", "acceptance", story.acceptance),
        ("first_acceptance", "acceptance", story.first_acceptance),
        ("registration", "registration", story.registration),
        ("first_registration", "registration", story.cases[0].first_registration if story.cases else None),
    ):
        if name in case:
            words = _words(subject, answer)
            assert words.startswith(case[name]), words
    if "document_number" in case:
        assert one.registration is not None
        assert one.registration.document_number == case["document_number"]


def _check_stage(case: dict[str, Any], story: Story, one: Disclosed, two: Disclosed) -> None:
    for name, value in (
        ("stage", story.state), ("unit", story.unit), ("matter", one.matter), ("syncing", one.syncing),
        ("corrections", len(two.corrections)), ("withheld", two.withheld), ("omitted", two.omitted),
        ("caller_shown", two.caller_shown),
    ):  # fmt: skip
        if name in case:
            assert value == case[name], name
    if "stage_label" in case:
        assert one.stage is not None
        assert one.stage.label["zh-Hans"] == case["stage_label"]
    stages = {view.id: f"{view.stage.code} {view.stage.label['zh-Hans']}" for view in two.cases if view.stage}
    if "case_stages" in case:
        assert stages == case["case_stages"]
    if "paused_words" in case:
        assert [text["zh-Hans"] for view in two.cases for text in view.paused] == case["paused_words"]
    if "history" in case:
        assert [step.to for step in story.history] == case["history"]


def _check_disclosure(case: dict[str, Any], one: Disclosed, two: Disclosed) -> None:
    for tier, seen in (("t1", one), ("t2", two)):
        text = json.dumps(seen.to_json(), ensure_ascii=False)
        assert not [word for word in case.get(f"{tier}_never", ()) if word in text]
        assert not [word for word in case.get(f"{tier}_shows", ()) if word not in text]
        if f"{tier}_history" in case:
            assert [line.code for line in seen.history] == case[f"{tier}_history"]
        if f"{tier}_dues" in case:
            assert sorted(due.code for due in seen.dues) == sorted(case[f"{tier}_dues"])


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_golden_case(case: dict[str, Any]) -> None:
    """What follows from the events is what the law text says."""
    story, standing, one, two = _told(case)
    _check_answers(case, story, one)
    _check_stage(case, story, one, two)
    _check_dues(case, standing)
    _check_articles(case, two)
    _check_remedies(case, standing, one, two)
    _check_disclosure(case, one, two)


def test_the_tables_cover_every_state() -> None:
    """Every state of every rulebook occurs in a golden case."""
    named = {event.to for case in CASES for event in golden.events(case["events"]) if event.to}
    assert set(RULES.books[-1].states) <= named


def test_the_tables_cover_every_clock_and_remedy() -> None:
    """Every clock and every remedy of every rulebook is expected by name in a golden case."""
    expected = {
        word.split()[0]
        for case in CASES
        for value in case.values()
        if isinstance(value, list)
        for word in value
    }
    for book in RULES.books:
        missing = (set(book.clocks) | set(book.remedies)) - expected
        assert missing <= {"receipt"}, missing


def test_no_reporter_ever_sees_how_a_case_ended() -> None:
    """T1 is never shown a state in which somebody was or was not punished, in any golden case."""
    closed = {"A40", "A41", "A42", "A43", "A44", "A50", "C35", "C40", "C41", "C42"}
    for case in CASES:
        _, _, one, _ = _told(case)
        assert not closed & {line.code for line in one.history}
        assert all(view.stage is None and view.id is None for view in one.cases)
