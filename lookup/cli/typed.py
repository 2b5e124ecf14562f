"""What is typed as an option: days, moments and numbers, and in which form one is wanted when it is none."""

from __future__ import annotations

from argparse import ArgumentTypeError
from datetime import date, datetime, time, timedelta

from lookup.domain.calendar import SHANGHAI

_DAY = "a day is written as 2026-03-02"
_MOMENT = "a day or a moment is written as 2026-03-02 or 2026-03-02T14:30 (Asia/Shanghai)"

_CENTURY = 36_525


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


def a_number(text: str) -> int:
    """Return a whole number that a database can hold, at least 1."""
    found = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
    if not found:
        raise ArgumentTypeError("a number is written in 1 to 18 digits, and 0 is none")
    return found


def days(text: str) -> int:
    """Return a number of days, from one to a century."""
    found = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    if not 1 <= found <= _CENTURY:
        raise ArgumentTypeError(f"days are written in digits, 1 to {_CENTURY}")
    return found


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
