"""What the events of one incident say (`tell`), and how that stands at a moment (`ask`). Pure, whatever the order.

Rules and calendar are arguments; the only "now" is the one given to `ask`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from lookup.domain.calendar import Calendar, local
from lookup.domain.clocks import Limit
from lookup.domain.events import Event
from lookup.domain.fold import effective
from lookup.domain.legality import Refusal, illegal
from lookup.domain.remedies import open_remedies
from lookup.domain.ruletypes import Rules
from lookup.domain.steps import step_of
from lookup.domain.story import Answer, CaseStory, Due, Standing, Step, Story, Struck
from lookup.domain.tracker import Tracker, occurrences
from lookup.domain.walk import Case, Walk

__all__ = ["Refusal", "ask", "illegal", "tell"]


def tell(rules: Rules, calendar: Calendar, events: Iterable[Event]) -> Story:
    """The story of one incident: the same set of events in any order, with duplicates, gives the same story.

    All events must belong to one incident (ValueError otherwise, and when there is none). Steps that can not be
    placed are kept in `waiting`.
    """
    given = list(events)
    if len({event.incident for event in given}) != 1:
        raise ValueError("events of exactly one incident are needed")
    folded = effective(given)
    walk = Walk(rules)
    walk.run(folded.events)
    tracker = Tracker(rules, calendar, walk)
    dues = tracker.follow(occurrences(walk.steps))
    cases = tuple(_case(case) for _, case in sorted(walk.cases.items()))
    book = walk.state_rules or rules.on(local(min(event.at for event in given)).date()).code
    waiting = [(event, corrected) for event, corrected in walk.waiting] + [
        (event, False) for event in folded.orphans
    ]
    return Story(
        incident=given[0].incident, state=walk.state, state_at=walk.state_at, rules=book, unit=walk.unit,
        received_at=walk.received_at, arrived_at=walk.arrived_at,
        updated_at=local(max(event.entered_at for event in given)),
        acceptance=walk.acceptance or Answer("pending", book), first_acceptance=walk.first_acceptance,
        registration=_headline(cases, book), cases=cases, history=tuple(walk.steps),
        waiting=tuple(sorted((_loose(rules, event, corrected) for event, corrected in waiting), key=_key)),
        struck=tuple(sorted((_struck(rules, *pair) for pair in folded.struck), key=lambda item: _key(item.step))),
        dues=dues, marks=tuple(walk.marks), attributes=tuple(sorted(walk.attributes.items())),
        withheld=tuple(sorted({span.reason for span in walk.withheld if span.until is None})),
        hidden=tuple(walk.withheld), merged_into=walk.merged_into,
    )  # fmt: skip


def ask(rules: Rules, calendar: Calendar, story: Story, now: datetime) -> Standing:
    """How `story` stands at `now` (aware): limits running and overdue, limits met too late, remedies open."""
    now = local(now)
    running: list[Due] = []
    overdue: list[Due] = []
    done_late: list[Due] = []
    for due in story.dues:
        if due.done_at is not None:
            if due.late:
                done_late.append(due)
        elif due.due_at is not None and Limit(due.due_at).passed(now):
            overdue.append(due)
        else:
            running.append(due)
    running.sort(key=lambda due: (due.due_at is None, due.due_at or due.started_at))
    remedies = open_remedies(rules, calendar, story, overdue, now)
    return Standing(now, tuple(running), tuple(overdue), tuple(done_late), remedies)


def _case(case: Case) -> CaseStory:
    return CaseStory(
        id=case.id, kind=case.kind, state=case.state, state_at=case.state_at, rules=case.rules, unit=case.unit,
        registration=case.registration, first_registration=case.first, pauses=tuple(case.pauses),
        extensions=tuple(case.extensions), marks=tuple(case.marks), before_move=case.before_move,
    )  # fmt: skip


def _headline(cases: tuple[CaseStory, ...], rules: str) -> Answer:
    """The registration on top: the newest case that was registered, else the newest answer of any case."""
    answers = [case.registration for case in cases]
    dated = [
        (answer.code == "filed", answer.at, answer.case, answer)
        for answer in answers
        if answer.at is not None
    ]
    return max(dated, key=lambda item: item[:3])[3] if dated else Answer("pending", rules)


def _loose(rules: Rules, event: Event, corrected: bool) -> Step:
    return step_of(event, rules.on(local(event.at).date()).code, from_=event.from_, corrected=corrected)


def _struck(rules: Rules, event: Event, by: Event) -> Struck:
    return Struck(
        _loose(rules, event, False), f"{by.source}/{by.id}", str(by.kind), local(by.entered_at), by.reason
    )


def _key(step: Step) -> tuple[datetime, str, str]:
    return (step.at, step.source, step.id)
