"""Time limits (期限) counted as the law counts them: CPL2018 art 105, XZ2018 art 35, and the readings of docs/rules.

Pure arithmetic on a start, an amount and a calendar. Which clock runs when is the rulebook's and the tracker's work.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from lookup.domain.calendar import SHANGHAI, Calendar, local

_LAST_SECOND = time(23, 59, 59, tzinfo=SHANGHAI)


class Unit(StrEnum):
    """What a limit is counted in."""

    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"
    WORKING_DAYS = "working_days"
    MONTHS = "months"


@dataclass(frozen=True, slots=True)
class Limit:
    """The last second that still belongs to a period; `provisional` when the calendar is not published that far."""

    last: datetime
    provisional: bool = False

    def passed(self, moment: datetime) -> bool:
        """True when `moment` lies after the whole last second."""
        return moment >= self.last + timedelta(seconds=1)


def limit(calendar: Calendar, start: datetime, amount: int, unit: Unit, extra_days: int = 0) -> Limit:
    """When `amount` `unit`s (plus `extra_days` calendar days) counted from `start` run out.

    The starting hour or day is not counted. Hours end on the whole hour and never roll over. Days, months and
    working days end at 23:59:59 Asia/Shanghai; a last day that is off rolls once, after everything is added up.
    """
    start = local(start)
    if unit is Unit.MINUTES:
        return Limit(start + timedelta(minutes=amount))
    if unit is Unit.HOURS:
        whole = start.replace(minute=0, second=0, microsecond=0)
        return Limit(whole + timedelta(hours=amount + 1))
    day = start.date()
    if unit is Unit.WORKING_DAYS:
        last = calendar.working_days_after(day, amount)
    elif unit is Unit.MONTHS:
        last = add_months(day, amount)
    else:
        last = day + timedelta(days=amount)
    last = calendar.roll(last + timedelta(days=extra_days))
    return Limit(datetime.combine(last, _LAST_SECOND), not calendar.knows(last))


def add_months(day: date, months: int) -> date:
    """The same day of the month `months` later, or the last day of that month when it is shorter."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return min(date(year, month + 1, 1) + timedelta(days=day.day - 1), following - timedelta(days=1))


def excluded_days(spans: Iterable[tuple[date, date]]) -> int:
    """Calendar days in the union of half-open `spans`: the day a pause begins counts as paused, the day it ends not."""
    total, reached = 0, date.min
    for begin, end in sorted(spans):
        begin = max(begin, reached)
        if end > begin:
            total += (end - begin).days
            reached = end
    return total
