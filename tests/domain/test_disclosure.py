"""Every field of every record has a decision, and nothing without a yes leaves the service."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import Any

import pytest

from lookup.domain import events, story
from lookup.domain.disclosure import Disclosed, disclose
from lookup.domain.engine import ask, tell
from lookup.domain.events import Document
from lookup.services.rulebooks import load
from tests.support import golden

RULES, CALENDAR = load()
RECORDS = (
    events.Event, events.Document, story.Story, story.CaseStory, story.Step, story.Struck, story.Answer, story.Pause,
    story.Due, story.Remedy, story.Standing,
)  # fmt: skip

# never: stays inside. words: only as the rulebook's words for its code. T1 / T2: shown to that tier and above.
# shape: decides what is shown, is not itself shown.
DECISIONS = {
    "Event": {
        "source": "never", "id": "never", "kind": "shape", "incident": "never", "at": "T1", "entered_at": "T1",
        "unit": "T1", "case": "T2", "case_kind": "T1", "to": "words", "from_": "never", "reason": "words",
        "document": "words", "replaces": "never", "approver": "never", "target": "T1", "sequence": "never",
        "attributes": "never", "persons": "never",
    },
    "Document": {"code": "words", "number": "T1", "served_at": "T2"},
    "Story": {
        "incident": "never", "state": "words", "state_at": "T1", "rules": "T1", "unit": "T1", "received_at": "T1",
        "arrived_at": "T1", "updated_at": "T1", "acceptance": "T1", "registration": "T1", "first_acceptance": "T1",
        "cases": "T1", "history": "T1", "waiting": "shape", "struck": "shape", "dues": "T1", "marks": "words",
        "attributes": "never", "withheld": "shape", "hidden": "shape", "merged_into": "never",
    },
    "CaseStory": {
        "id": "T2", "kind": "T1", "state": "words", "state_at": "T2", "rules": "shape", "unit": "T1",
        "registration": "T1", "first_registration": "T1", "pauses": "T2", "extensions": "T2", "marks": "words",
        "before_move": "never",
    },
    "Step": {
        "source": "never", "id": "never", "kind": "shape", "at": "T1", "entered_at": "never", "unit": "T1",
        "rules": "shape", "case": "never", "to": "words", "from_": "never", "reason": "words", "document": "words",
        "document_number": "never", "served_at": "T1", "approver": "never", "target": "never", "corrected": "T1",
        "out_of_time": "never",
    },
    "Struck": {"step": "never", "by": "never", "kind": "never", "entered_at": "T1", "reason": "never"},
    "Answer": {
        "code": "T1", "rules": "shape", "at": "T1", "unit": "T1", "case": "never", "case_kind": "shape",
        "document": "words", "document_number": "T1",
    },
    "Pause": {"reason": "words", "since": "T2", "until": "shape", "rules": "shape"},
    "Due": {
        "code": "T1", "rules": "shape", "unit": "T1", "started_at": "T1", "due_at": "T1", "case": "T2",
        "done_at": "T2", "late": "shape", "provisional": "T1", "extensions": "T1", "paused_days": "never",
    },
    "Remedy": {"code": "T1", "rules": "shape", "case": "T2", "until": "T1", "provisional": "T1"},
    "Standing": {"now": "shape", "running": "T1", "overdue": "T1", "done_late": "T1", "remedies": "T1"},
}  # fmt: skip
LINES = [
    "2026-03-02 14:05 J10", "2026-03-02 14:20 J50", "2026-03-02 14:30 A20", "2026-03-02 15:00 A30",
    "2026-03-02 15:05 mark:appraisal_opinion case=1", "2026-03-12 16:00 A40", "2026-03-12 16:30 pause:appraisal case=1",
    "2026-03-13 10:00 served:PENALTY_DECISION case=1",
]  # fmt: skip


@pytest.mark.parametrize("record", RECORDS, ids=[record.__name__ for record in RECORDS])
def test_every_field_has_a_decision(record: type) -> None:
    """A field added to a record must be decided on here before anything can be merged."""
    assert {item.name for item in fields(record)} == set(DECISIONS[record.__name__])


def _seen(given: list[events.Event], tier: str) -> Disclosed:
    told = tell(RULES, CALENDAR, given)
    return disclose(RULES, told, ask(RULES, CALENDAR, told, golden.moment("2026-03-20 12:00")), tier)


def _with(event: events.Event, name: str, value: Any) -> events.Event:
    return replace(event, **{name: value})


@pytest.mark.parametrize("tier", ["T1", "T2"])
@pytest.mark.parametrize("name", [name for name, said in DECISIONS["Event"].items() if said == "never"])
def test_what_is_never_shown_is_never_shown(name: str, tier: str) -> None:
    """A secret put into every such field of every event is in no answer."""
    plain = golden.events(LINES)
    secret = {
        "attributes": {"narrative": "SECRET", "channel": "SECRET"}, "sequence": 77_777, "from_": None,
        "replaces": ("SECRET", "SECRET"),
    }.get(name, "SECRET")  # fmt: skip
    marked = [_with(event, name, f"{secret}{event.id}" if name == "id" else secret) for event in plain]
    text = json.dumps(_seen(marked, tier).to_json(), ensure_ascii=False)
    assert "SECRET" not in text
    assert "77777" not in text


@pytest.mark.parametrize("tier", ["T1", "T2"])
def test_free_text_is_shown_only_when_it_is_a_code_of_the_rulebook(tier: str) -> None:
    """Reasons and numbers of penalty papers are written by people; none of it gets out."""
    marked = [
        replace(event, reason="SECRET" if event.kind == "transition" else event.reason)
        if event.document is None
        else replace(event, document=replace(event.document, number="SECRET"))
        for event in golden.events(LINES)
    ]
    assert "SECRET" not in json.dumps(_seen(marked, tier).to_json(), ensure_ascii=False)


def test_an_unknown_paper_is_not_shown() -> None:
    """A paper code that no rulebook knows has no words and no line."""
    given = golden.events(LINES)
    stray = replace(given[-1], id="9", document=Document("SECRET", "SECRET", given[-1].at))
    assert "SECRET" not in json.dumps(_seen([*given, stray], "T2").to_json(), ensure_ascii=False)


def test_t1_is_a_part_of_t2() -> None:
    """Whoever proves more sees no less: limits, remedies, papers and history of T1 are all in T2."""
    for case in golden.cases():
        told = tell(RULES, CALENDAR, golden.events(case["events"]))
        standing = ask(RULES, CALENDAR, told, golden.moment(case["at"]))
        one, two = (disclose(RULES, told, standing, tier) for tier in ("T1", "T2"))
        assert {item.code for item in one.dues} <= {item.code for item in two.dues}
        assert {item.code for item in one.remedies} <= {item.code for item in two.remedies}
        assert {str(item) for item in one.history} <= {str(item) for item in two.history}
        assert (one.acceptance, one.registration) == (two.acceptance, two.registration)


def test_withheld_reports_all_look_the_same() -> None:
    """But for the unit to ask, two withheld reports give the same bytes whatever happened in them."""
    one = _seen(golden.events([*LINES, "2026-03-14 10:00 withhold:privacy"]), "T2")
    two = _seen(golden.events(["2026-03-02 14:05 J10", "2026-03-02 14:06 withhold:state_secret"]), "T2")
    assert replace(one, unit=None) == replace(two, unit=None)
