"""Which remedies (救济途径) are open to the reporter or victim at a moment, by the rulebook of that day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from lookup.domain.calendar import Calendar
from lookup.domain.clocks import limit
from lookup.domain.ruletypes import RemedyRule, Rules
from lookup.domain.story import CaseStory, Due, Remedy, Story

_Served = dict[tuple[str | None, str], datetime]


def open_remedies(
    rules: Rules, calendar: Calendar, story: Story, overdue: Iterable[Due], now: datetime
) -> tuple[Remedy, ...]:
    """Every remedy open at `now`, each once per case, in the order of the rulebook. A limit that ran out closes it."""
    book = rules.on(now.date())
    late = {due.code: due.case for due in overdue}
    served: _Served = {
        (step.case, step.document): step.served_at
        for step in story.history
        if step.document and step.served_at and step.served_at <= now
    }
    found: list[Remedy] = []
    for rule in book.remedies.values():
        for case in _where(rule, story, late):
            since = _since(rule, case, story, served)
            if rule.amount == 0 or since is None:
                found.append(Remedy(rule.code, book.code, case))
                continue
            end = limit(calendar, since, rule.amount, rule.unit)
            if not end.passed(now):
                found.append(Remedy(rule.code, book.code, case, end.last, end.provisional))
    return tuple(found)


def _where(rule: RemedyRule, story: Story, late: dict[str, str | None]) -> list[str | None]:
    if rule.always:
        return [None]
    places: list[str | None] = []
    if rule.states or rule.marks:
        if _fits(rule, story.state, story, None):
            places.append(None)
        places += [case.id for case in story.cases if _fits(rule, case.state, story, case)]
    for code in rule.overdue:
        if code in late and late[code] not in places:
            places.append(late[code])
    return places


def _fits(rule: RemedyRule, state: str | None, story: Story, case: CaseStory | None) -> bool:
    marks = story.marks if case is None else case.marks + story.marks
    if case is not None and not rule.states and not any(mark in case.marks for mark in rule.marks):
        return False
    return (
        (not rule.states or state in rule.states)
        and all(mark in marks for mark in rule.marks)
        and not any(mark in marks for mark in rule.unless)
    )


def _since(rule: RemedyRule, case: str | None, story: Story, served: _Served) -> datetime | None:
    """The moment the limit counts from: the last service of a paper named by the rule, to this case."""
    moments = [
        served[key]
        for name in rule.counts_from
        for key in ((case, name.removeprefix("served:")), (None, name.removeprefix("served:")))
        if key in served
    ]
    return max(moments, default=None)
