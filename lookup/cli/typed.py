"""What is typed as an option: days, moments and numbers, and in which form one is wanted when it is none."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from lookup.domain.calendar import SHANGHAI

_DAY = "a day is written as 2026-03-02"
_MOMENT = "a day or a moment is written as 2026-03-02 or 2026-03-02T14:30 (Asia/Shanghai)"


def a_day(text: str) -> str:
    """Return a day as YYYY-MM-DD."""
    return _date(text).isoformat()


def after_day(text: str) -> int:
    """Return the first moment (µs) after a day in Asia/Shanghai."""
    try:
        following = _date(text) + timedelta(days=1)
        return _us(datetime.combine(following, time(), SHANGHAI))
    except OverflowError:
        raise ArgumentTypeError(_DAY) from None


def a_moment(text: str) -> int:
    """Return a moment, or the first one of a day, in Asia/Shanghai unless it has an offset (µs)."""
    try:
        at = datetime.fromisoformat(text)
        return _us(at.replace(tzinfo=at.tzinfo or SHANGHAI))
    except (ValueError, OverflowError):
        raise ArgumentTypeError(_MOMENT) from None


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """Return what reads an option that is a whole number from `least` to `most`, and says so of anything else."""

    def read(text: str) -> int:
        if text.isascii() and text.isdigit() and len(text) <= len(str(most)) and least <= int(text) <= most:
            return int(text)
        raise ArgumentTypeError(
            f"须为 {least} 至 {most} 的整数 / must be a whole number from {least} to {most}"
        )

    return read


def amount(most: float) -> Callable[[str], float]:
    """Return what reads an option that is a number above 0, up to `most`, and says so of anything else."""

    def read(text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = 0.0
        if 0 < number <= most:  # which is not so of NaN
            return number
        raise ArgumentTypeError(f"须大于 0，不超过 {most:,.0f} / must be above 0, at most {most:,.0f}")

    return read


def a_text(text: str) -> str:
    """Return a text that is proper UTF-8, as everything is that the service knows."""
    if not text.isprintable():
        raise ArgumentTypeError("this has characters that no text of the service has")
    return text


def _date(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=SHANGHAI).date()
    except ValueError:
        raise ArgumentTypeError(_DAY) from None


def _us(at: datetime) -> int:
    return int(at.timestamp()) * 1_000_000 + at.microsecond


a_number = whole_number(1, 10**18 - 1)
"""Reads a whole number that a database can hold."""

days = whole_number(1, 36_525)
"""Reads a number of days, from one to a century."""
