"""The rulebooks and the working calendar of this installation, read once per process.

The only place where the domain's data files and the holiday library meet; decides nothing.
"""

from __future__ import annotations

import hashlib
import tomllib
from datetime import date
from functools import cache
from importlib.resources import files

from chinese_calendar.constants import holidays, workdays

from lookup.domain.calendar import Calendar
from lookup.domain.rulebook import RulebookError, Rules, assemble, validate

_FILES = ("R2016.toml", "R2024.toml", "R2026.toml")


@cache
def load() -> tuple[Rules, Calendar]:
    """All rulebooks, validated, and the calendar 2004 to the last published year. RulebookError when unfit for use."""
    folder = files("lookup.domain").joinpath("rules")
    rules = assemble(folder.joinpath(name).read_text(encoding="utf-8") for name in _FILES)
    defects = validate(rules.books)
    if defects:
        raise RulebookError("; ".join(defects))
    return rules, calendar(folder.joinpath("holidays.toml").read_text(encoding="utf-8"))


@cache
def edition() -> str:
    """A digest of everything that `load` reads and of the code that applies it: the whole of `lookup.domain`."""
    domain = files("lookup.domain")
    folder = domain.joinpath("rules")
    digest = hashlib.sha256(repr((sorted(holidays), sorted(workdays))).encode())
    for name in (*_FILES, "holidays.toml"):
        digest.update(folder.joinpath(name).read_bytes())
    for module in sorted(
        (file for file in domain.iterdir() if file.name.endswith(".py")), key=lambda file: file.name
    ):
        digest.update(module.read_bytes())
    return digest.hexdigest()[:16]


def calendar(overrides: str) -> Calendar:
    """The library's tables with the override table (TOML text) laid over them."""
    data = tomllib.loads(overrides)
    off, on = set(holidays), set(workdays)
    for entry in data.get("day", ()):
        (off if entry["off"] else on).add(entry["date"])
        (on if entry["off"] else off).discard(entry["date"])
    first, last = min(holidays).year, max(holidays).year
    return Calendar(
        frozenset(off), frozenset(on), date(first, 1, 1), data.get("published", date(last, 12, 31))
    )
