"""Time limits counted as the law counts them, on made-up and on real calendars."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookup.domain.calendar import SHANGHAI, local
from lookup.domain.clocks import Unit, add_months, excluded_days, limit
from lookup.services.rulebooks import calendar, load

_, CALENDAR = load()
MOMENTS = st.integers(0, 10 * 365 * 86400).map(
    lambda seconds: datetime(2016, 1, 1, tzinfo=SHANGHAI) + timedelta(seconds=seconds)
)
DAYS = st.dates(date(2016, 1, 1), date(2026, 12, 31))


@given(MOMENTS, st.integers(1, 90))
def test_a_limit_in_days_ends_on_a_working_day_and_never_early(start: datetime, amount: int) -> None:
    """The last day is a working day, at 23:59:59, and the person never gets fewer days than the law gives."""
    end = limit(CALENDAR, start, amount, Unit.DAYS)
    assert CALENDAR.is_working(end.last.date())
    assert (end.last.date() - start.date()).days >= amount
    assert end.last.strftime("%H:%M:%S") == "23:59:59"
    assert not end.passed(end.last + timedelta(microseconds=999_999))
    assert end.passed(end.last + timedelta(seconds=1))


@given(MOMENTS, st.integers(1, 72))
def test_a_limit_in_hours_gives_whole_hours_after_the_starting_hour(start: datetime, amount: int) -> None:
    """At least the full number of hours, less than one more, ending on the hour."""
    end = limit(CALENDAR, start, amount, Unit.HOURS)
    assert timedelta(hours=amount) < end.last - start <= timedelta(hours=amount + 1)
    assert (end.last.minute, end.last.second) == (0, 0)


@given(MOMENTS, st.integers(1, 30))
def test_a_limit_in_working_days_passes_exactly_that_many(start: datetime, amount: int) -> None:
    """Between the start and the end lie exactly `amount` working days."""
    end = limit(CALENDAR, start, amount, Unit.WORKING_DAYS).last.date()
    days = (start.date() + timedelta(days=n) for n in range(1, (end - start.date()).days + 1))
    assert sum(CALENDAR.is_working(day) for day in days) == amount


@given(DAYS, st.integers(0, 36))
def test_months_end_on_the_same_day_or_the_last_of_the_month(day: date, months: int) -> None:
    """Same day of the month, else its last day."""
    end = add_months(day, months)
    assert (end.year * 12 + end.month) - (day.year * 12 + day.month) == months
    assert end.day == day.day or (end + timedelta(days=1)).day == 1


@given(
    st.lists(
        st.tuples(DAYS, st.integers(0, 30)).map(lambda item: (item[0], item[0] + timedelta(days=item[1])))
    )
)
def test_overlapping_pauses_count_once(spans: list[tuple[date, date]]) -> None:
    """The days excluded are the days that lie in at least one pause."""
    days = {begin + timedelta(days=n) for begin, end in spans for n in range((end - begin).days)}
    assert excluded_days(spans) == len(days)


def test_a_time_without_a_zone_is_a_broken_contract() -> None:
    """A naive time is never guessed at."""
    with pytest.raises(ValueError, match="time zone"):
        local(datetime(2026, 1, 1))  # noqa: DTZ001


def test_the_override_table_adds_a_newly_announced_year() -> None:
    """A holiday and a make-up day written into the table count, and the year is no longer provisional."""
    table = """
        published = 2027-12-31
        [[day]]
        date = 2027-02-05
        off = true
        source = "x"
        [[day]]
        date = 2027-02-13
        off = false
        source = "x"
    """
    mended = calendar(table)
    assert CALENDAR.is_working(date(2027, 2, 5))
    assert not mended.is_working(date(2027, 2, 5))
    assert mended.is_working(date(2027, 2, 13))
    assert mended.knows(date(2027, 6, 1))
    assert not CALENDAR.knows(date(2027, 6, 1))
