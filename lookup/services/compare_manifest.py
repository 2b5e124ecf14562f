"""Comparing a source's list of a day with what it has told: every report must be entered (每警必录).

Nothing is remembered of a comparison: it is made anew at every look, so that late events clear it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from threading import Lock

from lookup.domain.calendar import SHANGHAI
from lookup.domain.daylist import NOBODY, Comparison, compare, list_hash, unit_prefix
from lookup.storage import manifests
from lookup.storage.database import Transaction
from lookup.storage.manifests import ManifestRow

_DAY = timedelta(days=1)
TURN, TURN_S = Lock(), 5.0
"""Sources' lists are compared one after the other in a process: a list of a million numbers takes much memory."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A list and what came of it. `absent`: parts that have not come; until they have there is no `comparison`.

    `ours`: how many incidents the source has told of that day and unit. `newer`: the later list of the same day and
    unit that is complete and counts instead, None while this one counts.
    """

    row: ManifestRow
    absent: tuple[int, ...]
    ours: int
    comparison: Comparison | None
    newer: ManifestRow | None

    @property
    def state(self) -> str:
        """One word: incomplete, replaced, equal or different."""
        if self.comparison is None:
            return "incomplete"
        if self.newer:
            return "replaced"
        return "different" if self.comparison.not_received or self.comparison.not_listed else "equal"


@dataclass(frozen=True, slots=True)
class Digest:
    """Incidents that a source has told of one day, all or of one unit (the one that told first): count and hash."""

    unit: str
    count: int
    hash: str


def compared(
    conn: Transaction, row: ManifestRow, units: Sequence[str], parts: Mapping[int, frozenset[str]]
) -> Compared:
    """Compare a list as far as it has come in `parts`; `units` are the unit-code prefixes of its client.

    Beyond these nothing is told.
    """
    absent = tuple(part for part in range(1, row.parts + 1) if part not in parts)
    day = date.fromisoformat(row.day)
    newer = manifests.replacement(conn, row) if row.id > 0 else None
    if absent:
        count = manifests.count_told(conn, row.source, *bounds(day), unit_prefix(row.unit))
        return Compared(row, absent, count, None, newer)
    ours = {number for number, _ in told_on(conn, row.source, day, row.unit)}
    listed = frozenset[str]().union(*parts.values())
    known = manifests.units_of(conn, sorted(listed - ours))
    visible = [
        number
        for number, places in known.items()
        if places[0] != NOBODY and any(place.startswith(tuple(units)) for place in places)
    ]
    return Compared(row, absent, len(ours), compare(listed, ours, visible), newer)


def bounds(day: date) -> tuple[int, int]:
    """Return the first moment of a day in Asia/Shanghai and of the next (µs)."""
    start = datetime.combine(day, time(), SHANGHAI)
    return int(start.timestamp()) * 1_000_000, int((start + _DAY).timestamp()) * 1_000_000


def told_on(conn: Transaction, source: str, day: date, unit: str = "") -> list[tuple[str, str]]:
    """Return (number, unit) of what a source has told of a day (Asia/Shanghai), below `unit` where one is given."""
    found = manifests.told(conn, source, *bounds(day))
    return [(number, origin) for number, origin in found if origin.startswith(unit_prefix(unit))]


def digests(conn: Transaction, source: str, day: date, unit: str = "") -> tuple[Digest, tuple[Digest, ...]]:
    """Return the digest of a source's day, and that of each unit with at least one incident, by unit code."""
    by_unit: dict[str, list[str]] = {}
    for number, origin in told_on(conn, source, day, unit):
        by_unit.setdefault(origin, []).append(number)
    every = [number for numbers in by_unit.values() for number in numbers]
    parts = tuple(_digest(code, numbers) for code, numbers in sorted(by_unit.items()))
    return _digest(unit, every), parts


def _digest(unit: str, numbers: Sequence[str]) -> Digest:
    return Digest(unit, len(numbers), list_hash(numbers))
