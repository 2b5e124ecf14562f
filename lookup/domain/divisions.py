"""Administrative divisions (行政区划, GB/T 2260) with the periods in which a code was in use, retired ones included.

The table is parsed from text given in (rules/divisions.csv). It labels places; it must never refuse a number.
"""

import csv
import itertools
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Division:
    """One code under one name from `since` until before `until` (None: open end); `verified` as in the table."""

    code: str
    name: str
    since: date | None
    until: date | None
    successor: str | None
    verified: bool

    def in_use(self, day: date) -> bool:
        """Whether this code had this name on `day` (calendar day in Asia/Shanghai)."""
        return (self.since is None or self.since <= day) and (self.until is None or day < self.until)


@dataclass(frozen=True, slots=True)
class Divisions:
    """All rows of one or more tables, by code."""

    rows: dict[str, tuple[Division, ...]]

    def at(self, code: str, day: date) -> Division | None:
        """Return what `code` was on `day`; a code outside its period gives its nearest row, an unknown one None."""
        rows = self.rows.get(code, ())
        return next((row for row in rows if row.in_use(day)), rows[-1] if rows else None)

    def path(self, code: str, day: date) -> tuple[str, ...]:
        """Return the names from province to county of the division that begins `code` (6 or more digits)."""
        found = (self.at(part, day) for part in (code[:2] + "0000", code[:4] + "00", code[:6]))
        return tuple(dict.fromkeys(row.name for row in found if row is not None))

    def current(self, code: str, day: date) -> str:
        """Follow successors until a code in use on `day`; an unknown code comes back as it is."""
        seen = {code}
        while (row := self.at(code, day)) is not None and not row.in_use(day) and row.successor:
            code = row.successor
            if code in seen:
                break
            seen.add(code)
        return code

    def names(self) -> frozenset[str]:
        """Return every name ever used, for masking an address down to its district."""
        return frozenset(row.name for rows in self.rows.values() for row in rows)


def parse(*tables: str) -> Divisions:
    """Read tables (CSV with # comments; code,name,from,until,successor,mark) into one value.

    Raises ValueError, naming the line, for a malformed code or date, a missing parent or successor, or two rows
    of one code whose periods overlap.
    """
    rows: dict[str, tuple[Division, ...]] = {}
    for table in tables:
        lines = [line for line in table.splitlines() if line.strip() and not line.startswith("#")]
        for record in csv.DictReader(lines):
            row = _row(record)
            rows[row.code] = (*rows.get(row.code, ()), row)
    for code, group in rows.items():
        _check(rows, code, group)
    return Divisions(rows)


def _row(record: dict[str, str]) -> Division:
    """One line of the table as a value."""
    try:
        code, name = record["code"], record["name"]
        since = date.fromisoformat(record["from"]) if record["from"] else None
        until = date.fromisoformat(record["until"]) if record["until"] else None
        mark = record["mark"]
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"division table: malformed line {record}") from error
    if not (len(code) == 6 and code.isascii() and code.isdigit() and name) or mark not in (
        "verified",
        "recalled",
    ):
        raise ValueError(f"division table: malformed line {record}")
    return Division(code, name, since, until, record["successor"] or None, mark == "verified")


def _check(rows: dict[str, tuple[Division, ...]], code: str, group: tuple[Division, ...]) -> None:
    """Refuse a code without parent, with an unknown successor or with overlapping periods."""
    for parent in (code[:2] + "0000", code[:4] + "00"):
        if parent not in rows:
            raise ValueError(f"division table: {code} has no parent {parent}")
    for row in group:
        if row.successor and row.successor not in rows:
            raise ValueError(f"division table: {code} names an unknown successor")
    for earlier, later in itertools.pairwise(group):
        if earlier.until is None or later.since is None or later.since < earlier.until:
            raise ValueError(f"division table: two rows of {code} overlap or are out of order")
