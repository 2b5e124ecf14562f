"""Lists of a day (日清单) that the invented 110 centre sends: those of the last week, one of them with omissions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from lookup.cli.demo_tale import Wire

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAYS = 7
NEVER_ENTERED = 2
"""How many reports of yesterday are on the list, but were never pushed; one that was pushed is not on it."""


@dataclass(frozen=True, slots=True)
class DayList:
    """One list: its id, its day, and the incident numbers it names."""

    name: str
    day: str
    numbers: tuple[str, ...]


def day_lists(events: Iterable[Wire], now: datetime) -> tuple[DayList, ...]:
    """Return the lists of the DAYS days before `now` (aware), the earliest first; the same for the same events."""
    days: dict[str, date] = {}
    for event in events:
        day = datetime.fromisoformat(event["time"]).astimezone(SHANGHAI).date()
        days[event["subject"]] = min(day, days.get(event["subject"], day))
    today = now.astimezone(SHANGHAI).date()
    wanted = [today - timedelta(days=back) for back in range(DAYS, 0, -1)]
    found = {day: sorted(number for number, its in days.items() if its == day) for day in wanted}
    found[wanted[-1]] = _with_omissions(found[wanted[-1]], days.keys())
    return tuple(DayList(day.isoformat(), day.isoformat(), tuple(found[day])) for day in wanted)


def _with_omissions(numbers: list[str], known: Iterable[str]) -> list[str]:
    """Name some reports that nobody pushed, and leave one out that somebody did."""
    taken = set(known)
    invented = (f"{number[:-2]}{serial:02}" for number in numbers for serial in range(99, 0, -1))
    fresh = dict.fromkeys(number for number in invented if number not in taken)
    return sorted([*numbers[1:], *list(fresh)[:: len(fresh) // NEVER_ENTERED or 1][:NEVER_ENTERED]])
