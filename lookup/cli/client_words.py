"""How a push client stands, in words for an operator, and the last day of one as it is typed."""

from __future__ import annotations

import time
from argparse import ArgumentTypeError
from datetime import datetime, timedelta

from lookup.cli.typed import after_day
from lookup.domain.calendar import SHANGHAI
from lookup.domain.events import Kind
from lookup.storage.clients import ClientRow

KINDS = tuple(kind.value for kind in Kind)


def now() -> int:
    """Return the present moment (µs)."""
    return time.time_ns() // 1000


def state_of(row: ClientRow) -> str:
    """Return `suspended`, `expired` or `active`."""
    over = row.expires is not None and row.expires <= now()
    return "suspended" if row.suspended else "expired" if over else "active"


def scope_lines(row: ClientRow) -> str:
    """Return what a client may speak for and until when, three lines."""
    kinds = ", ".join(row.kinds or KINDS)
    return f"units    {', '.join(row.units)}\nkinds    {kinds}\nexpires  {day_of(row.expires)}"


def day_of(moment: int | None) -> str:
    """Return a moment (µs) in Asia/Shanghai; the end of a day as `after` that day, and `never` for None."""
    if moment is None:
        return "never"
    at = datetime.fromtimestamp(moment / 1_000_000, SHANGHAI)
    if (at.hour, at.minute, at.second, at.microsecond) == (0, 0, 0, 0):
        return f"after {at - timedelta(days=1):%Y-%m-%d}"
    return f"{at:%Y-%m-%d %H:%M}"


def last_day(text: str) -> int:
    """Return the moment (µs) after the last day; a day that is over would end at once what is being registered."""
    end = after_day(text)
    if end <= now():
        raise ArgumentTypeError("this day is over already; `lookup client suspend` ends a client at once")
    return end
