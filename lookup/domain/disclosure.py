"""The only place that decides what of a story leaves the service, for whom. An allow-list: what is not named stays in.

Openness Provisions (公安机关执法公开规定) art 5, 6; ZA2025 art 136 (sealed records): nobody is told that or how a
named person was punished. A test lists every field of every record and fails on one without a decision.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from lookup.domain.disclosed import (
    CaseView,
    Correction,
    Disclosed,
    DueView,
    Headline,
    Moment,
    PaperView,
    RemedyView,
    Stage,
    Tier,
)
from lookup.domain.events import Kind
from lookup.domain.ruletypes import DocumentRule, Rulebook, Rules, Source, Text
from lookup.domain.story import Answer, CaseStory, Due, Remedy, Standing, Step, Story

__all__ = ["Disclosed", "Tier", "disclose"]

_REPORTER_STEPS = frozenset({"A10", "A20", "A21", "C10", "C20", "C21", "X60"})
_RANK = {"T1": 1, "T2": 2, "internal": 9}


def disclose(rules: Rules, story: Story, standing: Standing, tier: Tier | str) -> Disclosed:
    """What a person of `tier` may see of `story` at `standing.now`."""
    level = Tier(tier)
    today = rules.on(standing.now.date())
    if story.withheld:
        return Disclosed(str(level), True, story.unit, today.answers["withheld"].label)
    views = _Views(rules, story, standing, level)
    matter = _overall(story, rules)
    return Disclosed(
        tier=str(level), withheld=False, unit=story.unit, rules=story.rules,
        notice=today.answers["syncing"].label if story.waiting else None,
        caller_shown="confidential" not in story.marks, received_at=story.received_at, arrived_at=story.arrived_at,
        updated_at=story.updated_at, acceptance=views.headline("acceptance", story.acceptance),
        first_acceptance=views.headline("acceptance", story.first_acceptance) if story.first_acceptance else None,
        registration=views.headline("registration", story.registration),
        stage=views.stage(story.rules, story.state, story.state_at), next=views.next(matter), matter=matter,
        matter_label=today.answers[f"matter-{matter}"].label if matter else None,
        cases=tuple(views.case(case) for case in story.cases), dues=tuple(views.dues()),
        remedies=tuple(views.remedies()), papers=tuple(views.papers()), history=tuple(views.history()),
        corrections=tuple(views.corrections()), omitted=len(views.visible) < len(story.history),
        syncing=bool(story.waiting),
    )  # fmt: skip


def _overall(story: Story, rules: Rules) -> str | None:
    found = {_matter(case, rules) for case in story.cases}
    return next((word for word in ("open", "concluded", "refused") if word in found), None)


def _matter(case: CaseStory, rules: Rules) -> str:
    return rules.named(case.rules).states[case.state].reporter


class _Views:
    def __init__(self, rules: Rules, story: Story, standing: Standing, tier: Tier) -> None:
        self.rules, self.story, self.standing, self.tier = rules, story, standing, tier
        self.books = {book.code: book for book in rules.books}
        self.rank = _RANK[tier]
        self.today = rules.on(standing.now.date())
        self.visible = (
            [step for step in story.history if not self._covered(step)] if story.hidden else story.history
        )

    def allows(self, tier: str) -> bool:
        return _RANK[tier] <= self.rank

    def _covered(self, step: Step) -> bool:
        """Whether `step` happened while the report was withheld: it never becomes visible afterwards."""
        return any(
            span.since <= step.at and (span.until is None or step.at < span.until)
            for span in self.story.hidden
        )

    def headline(self, subject: str, answer: Answer) -> Headline:
        book = self.books[answer.rules]
        document = book.documents.get(answer.document or "")
        return Headline(
            answer.code, book.headline(subject, answer.code, answer.case_kind), answer.at, answer.unit,
            document.label if document else None, answer.document_number,
        )  # fmt: skip

    def stage(self, rules: str, state: str | None, at: datetime | None) -> Stage | None:
        if state is None:
            return None
        book = self.books[rules]
        rule = book.states[state]
        day = (at or self.standing.now).date()
        return Stage(state, rule.label, rule.meaning, rule.next, at, _cited(book, rule.sources, day))

    def case(self, case: CaseStory) -> CaseView:
        matter = _matter(case, self.rules)
        first = self.headline("registration", case.first_registration) if case.first_registration else None
        shown = CaseView(
            case.kind, matter, self.today.answers[f"matter-{matter}"].label,
            self.headline("registration", case.registration), first, case.unit,
        )  # fmt: skip
        if self.tier is Tier.T1:
            return shown
        paused = tuple(
            self.books[pause.rules].pauses[pause.reason].label
            for pause in case.pauses
            if pause.until is None and pause.reason in self.books[pause.rules].pauses
        )
        return CaseView(
            shown.kind, matter, shown.matter_label, shown.registration, first, case.unit, case.id,
            self.stage(case.rules, case.state, case.state_at), self._reason(case), paused, len(case.extensions),
        )  # fmt: skip

    def next(self, matter: str | None) -> Text | None:
        """What happens next: of the incident while there is no case, else of the case that the headline is about."""
        if matter is None:
            return self.books[self.story.rules].states[self.story.state].next if self.story.state else None
        if self.tier is Tier.T1:
            return self.today.answers[f"next-{matter}"].label
        case = next(case for case in self.story.cases if case.id == self.story.registration.case)
        return self.books[case.rules].states[case.state].next

    def _reason(self, case: CaseStory) -> Text | None:
        """The category of the reason for not filing, when it is one of the rulebook's; free text never."""
        for step in reversed(self.visible):
            if step.case == case.id and step.to == case.state and step.to in ("A21", "C21"):
                known = self.books[step.rules].reasons.get(step.reason or "")
                return known.label if known else None
        return None

    def dues(self) -> Iterable[DueView]:
        for state, dues in (
            ("overdue", self.standing.overdue),
            ("running", self.standing.running),
            ("done_late", self.standing.done_late),
        ):  # fmt: skip
            for due in dues:
                view = self._due(state, due)
                if view is not None:
                    yield view

    def _due(self, state: str, due: Due) -> DueView | None:
        book = self.books[due.rules]
        rule = book.clocks[due.code]
        if not self.allows(rule.tier):
            return None
        victim = self.tier is Tier.T2
        return DueView(
            due.code, "paused" if state == "running" and due.due_at is None else state, rule.label, rule.to, due.unit,
            due.started_at, due.due_at, rule.at_once, due.provisional,
            _cited(book, rule.sources, due.started_at.date()), rule.unsure, due.extensions,
            due.done_at if victim else None, due.case if victim else None,
        )  # fmt: skip

    def remedies(self) -> Iterable[RemedyView]:
        day = self.standing.now.date()
        for remedy in self.standing.remedies:
            view = self._remedy(remedy, day)
            if view is not None:
                yield view

    def _remedy(self, remedy: Remedy, day: date) -> RemedyView | None:
        book = self.books[remedy.rules]
        rule = book.remedies[remedy.code]
        if not self.allows(rule.tier):
            return None
        return RemedyView(
            remedy.code, rule.label, rule.how, rule.addressee, remedy.until, remedy.provisional,
            _cited(book, rule.sources, day), rule.unsure, remedy.case if self.tier is Tier.T2 else None,
        )  # fmt: skip

    def papers(self) -> Iterable[PaperView]:
        served: dict[tuple[str | None, str], datetime | None] = {}
        rules: dict[tuple[str | None, str], str] = {}
        for step in self.visible:
            if step.document:
                key = (step.case, step.document)
                served[key] = step.served_at or served.get(key)
                rules.setdefault(key, step.rules)
        for key, moment in served.items():
            rule = self._paper(key[1], rules[key])
            if rule is not None and self.allows(rule.tier):
                yield PaperView(rule.label, rule.to, moment)

    def _paper(self, code: str, rules: str) -> DocumentRule | None:
        named = self.books[rules].documents.get(code)
        return named or next(
            (book.documents[code] for book in self.rules.books if code in book.documents), None
        )

    def history(self) -> Iterable[Moment]:
        for step in self.visible:
            words = self._words(step)
            if words is not None:
                yield Moment(step.at, words[0], words[1], step.unit, step.corrected)

    def _words(self, step: Step) -> tuple[str, Text] | None:
        book = self.books[step.rules]
        if step.kind == Kind.TRANSITION and step.to:
            if step.case is not None and self.tier is Tier.T1 and step.to not in _REPORTER_STEPS:
                return None
            return step.to, book.states[step.to].label
        named = {Kind.MARK: book.marks, Kind.PAUSE: book.pauses}.get(Kind(step.kind), {}).get(
            step.reason or ""
        )
        if named is None or not self.allows("T2" if step.kind == Kind.PAUSE else named.tier):
            return None
        return f"{step.kind}:{named.code}", named.label

    def corrections(self) -> Iterable[Correction]:
        for struck in self.story.struck:
            if not self._covered(struck.step) and self._words(struck.step) is not None:
                yield Correction(struck.entered_at, self.today.answers["corrected"].label)


def _cited(book: Rulebook, sources: tuple[Source, ...], day: date) -> tuple[Text, ...]:
    return tuple(book.cite(source, day) for source in sources if source.law != "DESIGN")
