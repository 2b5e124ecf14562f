"""Walking the events that count through the two state machines, in the order in which things happened.

A step that is legal is placed; one whose predecessor is missing waits. Never asks what time it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby

from lookup.domain.calendar import local
from lookup.domain.events import Event, Kind
from lookup.domain.legality import START, has_clauses
from lookup.domain.ruletypes import Rulebook, Rules
from lookup.domain.steps import SKEW, step_of
from lookup.domain.story import Answer, Pause, Step

WITHHOLDING_MARKS = frozenset({"minor", "sexual_offence"})
"""Marks that withhold a report by themselves (Openness Provisions; local practice lists) [D]."""

ATTRIBUTES = ("channel", "category", "law")
"""The only attributes the law needs; nothing else of an event's attributes enters a story."""


@dataclass(slots=True)
class Case:
    """A case while it is being walked."""

    id: str
    kind: str
    state: str
    state_at: datetime
    rules: str
    unit: str
    registration: Answer
    decided: str | None = None
    first: Answer | None = None
    pauses: list[Pause] = field(default_factory=list)
    extensions: list[datetime] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)
    before_move: str | None = None


class Walk:
    """The machines in motion. Feed it with `run`; read the attributes afterwards."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.state: str | None = None
        self.state_at: datetime | None = None
        self.state_rules: str | None = None
        self.unit: str | None = None
        self.received_at: datetime | None = None
        self.arrived_at: datetime | None = None
        self.acceptance: Answer | None = None
        self.first_acceptance: Answer | None = None
        self.merged_into: str | None = None
        self.cases: dict[str, Case] = {}
        self.steps: list[Step] = []
        self.waiting: list[tuple[Event, bool]] = []
        self.marks: list[str] = []
        self.withheld: list[Pause] = []
        self.attributes: dict[str, str] = {}

    def run(self, events: Sequence[tuple[Event, bool]]) -> None:
        """Walk all `events` (event, was it corrected), whatever their order.

        Events of one moment have no order among themselves: of these whichever can be placed goes first. What can
        not be placed waits, and is tried again after each later moment that is less than SKEW away.
        """
        for at, group in groupby(sorted(events, key=_order), key=lambda item: item[0].at):
            left = self._settle(list(group), late=False)
            self._retry(at)
            self.waiting += left

    def _retry(self, at: datetime) -> None:
        """Place what waited for a predecessor that has come at `at`: the clocks of two systems differ a little."""
        if self.waiting:
            recent = [item for item in self.waiting if _may_follow(item[0]) and at - item[0].at <= SKEW]
            stuck = self._settle(recent, late=True)
            self.waiting = [item for item in self.waiting if item not in recent or item in stuck]

    def _settle(self, items: list[tuple[Event, bool]], *, late: bool) -> list[tuple[Event, bool]]:
        """Place `items`, each as soon as its predecessor is there, and return those that could not be placed."""
        if len(items) == 1:
            return [] if self._place(*items[0], late) else items
        todo, moved = items, True
        while todo and moved:
            moved = False
            for item in todo:
                if self._place(item[0], item[1], late):
                    todo = [other for other in todo if other is not item]
                    moved = True
                    break
        return todo

    def _place(self, event: Event, corrected: bool, late: bool) -> bool:
        book = self.rules.on(local(event.at).date())
        case = self.cases.get(event.case) if event.case is not None else None
        from_: str | None = None
        if event.kind is Kind.TRANSITION:
            if event.to is None:
                return False
            from_ = self._predecessor(event, book, case, corrected)
            if from_ is None:
                return False
            self._enter(event, book, case, from_)
        elif event.case is not None and case is None:
            return False
        else:
            self._note(event, book, case)
        step = step_of(event, book.code, from_=from_ or None, corrected=corrected, out_of_time=late)
        self.steps.append(step)
        if event.attributes:
            self.attributes |= {
                name: event.attributes[name] for name in ATTRIBUTES if name in event.attributes
            }
        if step.document_number is not None:
            self._number(step, book)
        return True

    def _predecessor(self, event: Event, book: Rulebook, case: Case | None, corrected: bool) -> str | None:
        """The state `event` leaves ("" for the very first), or None when it can not be placed now."""
        to = event.to or ""

        def leads(from_: str) -> bool:
            rule = book.pairs.get((from_, to))
            return rule is not None and (bool(event.from_) or corrected or has_clauses(rule, event))

        if event.case is None:
            if self.state is None:
                return "" if to == START and not event.from_ else None
            return self.state if event.from_ in (None, self.state) and leads(self.state) else None
        if case is not None:
            fits = event.from_ in (None, case.state) and leads(case.state)
            resumes = case.state != "X60" or to == case.before_move
            return case.state if fits and resumes else None
        openers = (event.from_,) if event.from_ else ("J50", *(other.state for other in self.cases.values()))
        for opener in openers:
            present = opener == self.state or any(other.state == opener for other in self.cases.values())
            if present and to[0] in "AC" and leads(opener):
                return opener
        return None

    def _enter(self, event: Event, book: Rulebook, case: Case | None, from_: str) -> None:
        to, at = event.to or "", local(event.at)
        if event.case is None:
            self._enter_incident(event, book, to, at)
            return
        if case is None:
            case = Case(event.case, "", to, at, book.code, event.unit, Answer("pending", book.code))
            self.cases[event.case] = case
        if to == "X60":
            case.before_move = case.state
        rule = book.states[to]
        case.kind = rule.machine if rule.machine != "any" else case.kind
        case.state, case.state_at, case.rules, case.unit = to, at, book.code, event.unit
        if to in ("A10", "A20", "A21", "C10", "C20", "C21") and from_ != "X60":
            if case.first is None and case.registration.code in ("filed", "not_filed"):
                case.first = case.registration
            case.registration = Answer(rule.answer, book.code, at, event.unit, case.id, case.kind)
            case.decided = to

    def _enter_incident(self, event: Event, book: Rulebook, to: str, at: datetime) -> None:
        self.state, self.state_at, self.state_rules, self.unit = to, at, book.code, event.unit
        if to == "J10":
            self.received_at = at
        elif to == "J30":
            self.arrived_at = at
        elif to == "J97" and event.target:
            self.unit = event.target
        self.merged_into = event.target if to == "J95" else None
        answer = book.states[to].answer
        accepted = self.acceptance is not None and self.acceptance.code == "accepted"
        if answer == "accepted":
            if accepted and self.first_acceptance is None:
                self.first_acceptance = self.acceptance
            self.acceptance = Answer("accepted", book.code, at, event.unit)
        elif not accepted:
            self.acceptance = Answer(answer, book.code, None if answer == "pending" else at, event.unit)

    def _note(self, event: Event, book: Rulebook, case: Case | None) -> None:
        span = Pause(event.reason or "", local(event.at), None, book.code)
        if event.kind is Kind.MARK:
            marks = self.marks if case is None else case.marks
            if span.reason not in marks:
                marks.append(span.reason)
        if event.kind is Kind.WITHHOLD or (event.kind is Kind.MARK and span.reason in WITHHOLDING_MARKS):
            self.withheld.append(span)
        elif event.kind is Kind.RELEASE:
            self.withheld = _ended(self.withheld, span.reason, span.since)
        elif case is not None:
            _count(event.kind, case, span)

    def _number(self, step: Step, book: Rulebook) -> None:
        """Put the number of the paper that belongs to the present state beside the answer."""
        document = book.documents.get(step.document or "")
        if document is None:
            return
        if step.case is None:
            if self.acceptance is not None and self.acceptance.code == "accepted" and "J50" in document.on:
                self.acceptance = replace(
                    self.acceptance, document=document.code, document_number=step.document_number
                )
            return
        case = self.cases[step.case]
        if case.decided in document.on:
            case.registration = replace(
                case.registration, document=document.code, document_number=step.document_number
            )


def _count(kind: Kind, case: Case, span: Pause) -> None:
    """What stops, restarts or lengthens the clocks of `case`."""
    if kind is Kind.PAUSE:
        case.pauses.append(span)
    elif kind is Kind.RESUME:
        case.pauses = _ended(case.pauses, span.reason, span.since)
    elif kind is Kind.EXTENSION:
        case.extensions.append(span.since)


def _ended(spans: list[Pause], reason: str, at: datetime) -> list[Pause]:
    """`spans` with the open ones of `reason` (or all, when none is named) ended at `at`."""
    return [
        Pause(span.reason, span.since, at, span.rules)
        if span.until is None and reason in ("", span.reason)
        else span
        for span in spans
    ]


def _may_follow(event: Event) -> bool:
    return event.kind is not Kind.TRANSITION or bool(event.from_)


def _order(item: tuple[Event, bool]) -> tuple[datetime, bool, int, str, str, str]:
    event = item[0]
    sequence = event.sequence if event.sequence is not None else 0
    return (
        event.at,
        event.kind is not Kind.TRANSITION,
        sequence,
        event.to or event.kind,
        event.source,
        event.id,
    )
