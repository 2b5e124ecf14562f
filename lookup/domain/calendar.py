"""The working calendar (节假日安排) as a value. Filled from outside; knows no library, file or clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China keeps one time without summer time since 1991-09-15; a fixed offset needs no time-zone data."""

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Public holidays and make-up working days (`workdays`, 调休上班日), published from `first` to `last` day.

    A Saturday or Sunday is off unless it is a make-up working day. Outside `first`..`last` only weekends are
    known, so every answer that leans on such a day is provisional (暂定).
    """

    holidays: frozenset[date]
    workdays: frozenset[date]
    first: date
    last: date

    def is_working(self, day: date) -> bool:
        """True when public offices work on `day`."""
        if day in self.holidays:
            return False
        return day.weekday() < 5 or day in self.workdays

    def knows(self, day: date) -> bool:
        """True when the State Council has published the arrangement for `day`."""
        return self.first <= day <= self.last

    def roll(self, day: date) -> date:
        """`day`, or the first working day after it when it is off (CPL2018 art 105, XZ2018 art 35)."""
        while not self.is_working(day):
            day += _DAY
        return day

    def working_days_after(self, day: date, count: int) -> date:
        """The `count`-th working day after `day`, which itself is not counted."""
        while count:
            day += _DAY
            if self.is_working(day):
                count -= 1
        return day


def local(moment: datetime) -> datetime:
    """`moment` (aware, any offset) in Asia/Shanghai. A naive time is a broken contract: ValueError."""
    if moment.tzinfo is SHANGHAI:
        return moment
    if moment.tzinfo is None:
        raise ValueError("a time without a time zone")
    return moment.astimezone(SHANGHAI)
