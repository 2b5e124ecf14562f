"""From the placed steps to the time limits that ran: when each began, when it runs out, when it was met.

Still without a "now": an unmet limit is only compared with the present in engine.ask.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import NamedTuple

from lookup.domain.calendar import Calendar
from lookup.domain.clocks import Limit, excluded_days, limit
from lookup.domain.events import Kind
from lookup.domain.ruletypes import ClockRule, Rules
from lookup.domain.story import Due, Step
from lookup.domain.walk import Case, Walk


class Occurrence(NamedTuple):
    """Something that may start or stop a clock."""

    at: datetime
    entered_at: datetime
    case: str | None
    unit: str
    rules: str
    names: tuple[str, ...]


class Run(NamedTuple):
    """A clock that was started and has not ended."""

    clock: ClockRule
    started: Occurrence
    base: datetime


def occurrences(steps: Iterable[Step]) -> list[Occurrence]:
    """What `steps` mean to the clocks, in the order of time; serving a paper counts at its own moment."""
    found: list[Occurrence] = []
    for step in steps:
        names: tuple[str, ...] = ()
        if step.kind == Kind.TRANSITION and step.to:
            names = (step.to, f"{step.from_}>{step.to}")
        elif step.kind == Kind.MARK:
            names = (f"mark:{step.reason}",)
        if names:
            found.append(Occurrence(step.at, step.entered_at, step.case, step.unit, step.rules, names))
        if step.document and step.served_at:
            served = (f"served:{step.document}",)
            found.append(
                Occurrence(step.served_at, step.entered_at, step.case, step.unit, step.rules, served)
            )
    found.sort(key=lambda item: item.at)
    return found


class Tracker:
    """The clocks of one incident. `dues` after `follow` holds every run, met or not, in the order of its end."""

    def __init__(self, rules: Rules, calendar: Calendar, walk: Walk) -> None:
        self.rules, self.calendar = rules, calendar
        self.cases, self.attributes, self.unit = walk.cases, walk.attributes, walk.unit
        self.books = {book.code: book for book in rules.books}
        self.marked: list[Occurrence] = []
        self.running: list[Run] = []
        self.dues: list[Due] = []
        self.last: dict[str, datetime] = {}

    def follow(self, found: Sequence[Occurrence]) -> tuple[Due, ...]:
        """Run through `found` once and return every limit that ran."""
        self.marked = [item for item in found if item.names[0].startswith("mark:")]
        for item in found:
            for name in item.names:
                self._stop(item, name)
            for name in item.names:
                self.last[name] = item.at
                for clock in self.books[item.rules].triggers.get(name, ()):
                    self._start(item, clock)
        self.dues += [self._due(run, None) for run in self.running]
        return tuple(self.dues)

    def _stop(self, item: Occurrence, name: str) -> None:
        if not any(name in run.clock.stop for run in self.running):
            return
        kept = []
        for run in self.running:
            same = run.started.case is None or item.case is None or run.started.case == item.case
            if same and name in run.clock.stop:
                self.dues.append(self._due(run, item.at))
            else:
                kept.append(run)
        self.running = kept

    def _start(self, item: Occurrence, clock: ClockRule) -> None:
        day = item.at.date()
        if (
            (clock.since and day < clock.since)
            or (clock.until and day > clock.until)
            or not self._applies(clock)
        ):
            return
        base = self.last.get(clock.counts_from, item.at) if clock.counts_from else item.at
        run = Run(clock, item, base)
        if clock.stop == ("entered",):
            end = limit(self.calendar, base, clock.amount, clock.unit)
            if end.passed(item.entered_at):
                self.dues.append(self._due(run, item.entered_at))
        elif not any(
            other.clock.code == clock.code and other.started.case == item.case for other in self.running
        ):
            self.running.append(run)

    def _applies(self, clock: ClockRule) -> bool:
        if clock.when is None:
            return True
        return all(_matches(self.attributes.get(name, ""), values) for name, values in clock.when.items())

    def _due(self, run: Run, done: datetime | None) -> Due:
        clock, case = run.clock, self.cases.get(run.started.case or "")
        end, extensions, paused_days, open_pause = self._end(run, case, done)
        current = case.unit if case is not None else self.unit
        unit = run.started.unit if done is not None or current is None else current
        return Due(
            code=clock.code, rules=run.started.rules, unit=unit, started_at=run.base,
            due_at=None if open_pause else end.last, case=run.started.case, done_at=done,
            late=done is not None and not open_pause and end.passed(done), provisional=end.provisional,
            extensions=extensions, paused_days=paused_days,
        )  # fmt: skip

    def _end(self, run: Run, case: Case | None, done: datetime | None) -> tuple[Limit, int, int, bool]:
        """The end of `run`, extensions and paused days counted, and whether a pause is open.

        What comes after the limit has run out heals nothing, so changes are taken in the order of time.
        """
        clock, extensions, spans = run.clock, 0, list[tuple[date, date]]()
        amount, unit = clock.amount, clock.unit
        end = limit(self.calendar, run.base, amount, unit)
        if not clock.variants and not clock.pausable:
            return end, 0, 0, False
        for at, what, until in self._changes(run, case):
            if (done is not None and at > done) or end.passed(at):
                break
            if what == "pause":
                if until is None and done is None:
                    return end, extensions, excluded_days(spans), True
                stop = min(x for x in (until, done) if x is not None)
                spans.append((max(at, run.base).date(), stop.date()))
            elif what == "extension":
                extensions += 1 if extensions < self._allowed(clock, at) else 0
            else:
                variant = next(item for item in clock.variants if item.mark == what)
                amount, unit = variant.amount, variant.unit
            extra = extensions * clock.extension_days + excluded_days(spans)
            end = limit(self.calendar, run.base, amount, unit, extra)
        return end, extensions, excluded_days(spans), False

    def _changes(self, run: Run, case: Case | None) -> list[tuple[datetime, str, datetime | None]]:
        clock, found = run.clock, list[tuple[datetime, str, datetime | None]]()
        if case is not None and clock.pausable:
            found += [
                (pause.since, "pause", pause.until)
                for pause in case.pauses
                if pause.reason in self.books[pause.rules].pauses
                and (pause.until is None or pause.until > run.base)
            ]
        if case is not None and clock.extension_days:
            found += [(at, "extension", None) for at in case.extensions if at >= run.base]
        names = {f"mark:{variant.mark}": variant.mark for variant in clock.variants}
        for item in self.marked if names else ():
            same = item.case is None or run.started.case is None or item.case == run.started.case
            if same and item.at >= run.base and item.names[0] in names:
                found.append((item.at, names[item.names[0]], None))
        found.sort(key=lambda change: change[0])
        return found

    def _allowed(self, clock: ClockRule, at: datetime) -> int:
        rule = self.rules.on(at.date()).clocks.get(clock.code)
        return rule.extension_max if rule is not None else 0


def _matches(value: str, values: tuple[str, ...]) -> bool:
    """Whether `value` is one of `values`, or is none of those written with an exclamation mark."""
    return value in values or (values[0].startswith("!") and f"!{value}" not in values)
