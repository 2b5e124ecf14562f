"""What is missing from the sources' sequences, and what they declared unused: for a source and for supervisors."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from lookup.domain.budget import network_prefix
from lookup.domain.roles import covers
from lookup.services.contexts import ConsoleContext, PushContext
from lookup.services.follow_sequences import Standing, standing
from lookup.services.staff_session import Staff
from lookup.storage import clients, sequences, unused
from lookup.storage.clients import ClientRow
from lookup.storage.database import Transaction
from lookup.storage.lanes import Draft, append, now_us
from lookup.storage.unused import Unused

MINUTE_US = 60_000_000
PAGE, MOST_CAME = 50, 10_000
"""Declarations on a supervisor's page, and how many declared numbers of a source are told that came all the same."""


@dataclass(frozen=True, slots=True)
class Declared:
    """One declaration, the name of its source, and the numbers of it that have come all the same, ascending."""

    row: Unused
    name: str
    came: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One source for a supervisor: who it is, and its sequence; `standing` None: it never sent a number.

    `silent`: it never sent any event. `unused`: how many numbers it declared unused in all. `came`: those that have
    come all the same.
    """

    id: str
    name: str
    units: tuple[str, ...]
    suspended: bool
    standing: Standing | None
    silent: bool
    unused: int
    came: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Overview:
    """The sources, the worst first, and a page of their declarations, the newest first; `older` goes on from there."""

    sources: tuple[SourceLine, ...]
    declared: tuple[Declared, ...]
    older: int | None


def own_gaps(context: PushContext, source: str) -> Standing | None:
    """Return how the sequence of one source stands; None when it never sent a number."""
    with context.database.read() as conn:
        return standing(conn, source, _before(context.settings.gap_minutes))


def own_declared(context: PushContext, source: str, limit: int) -> tuple[int, tuple[Declared, ...]]:
    """Return how many numbers a source declared unused in all, and its newest declarations."""
    with context.database.read() as conn:
        rows = unused.newest(conn, [source], None, limit)
        came = unused.came(conn, source, MOST_CAME) if rows else []
        return unused.total(conn, source), tuple(_declared(row, source, came) for row in rows)


def list_sources(context: ConsoleContext, who: Staff, address: str, below: int | None = None) -> Overview:
    """Return the sources wholly inside the supervisor's jurisdiction and what they declared; the look is an entry.

    `below` is the id of a declaration below which the page of declarations begins.
    """
    with context.database.read() as conn:
        known = [row for row in clients.every(conn) if all(covers(who.jurisdiction, u) for u in row.units)]
        lines = [_line(conn, row, _before(context.settings.gap_minutes)) for row in known]
        rows = unused.newest(conn, [row.source for row in known], below, PAGE + 1)
    mine = {row.source: line for row, line in zip(known, lines, strict=True)}
    declared = tuple(_declared(row, mine[row.source].name, mine[row.source].came) for row in rows[:PAGE])
    draft = Draft("console.view", "released", who.id, None, network_prefix(address, 48), {"page": "sources"})
    with context.database.write() as conn:
        append(conn, context.pen, draft)
    return Overview(
        tuple(sorted(lines, key=_urgency)), declared, rows[PAGE - 1].id if len(rows) > PAGE else None
    )


def _line(conn: Transaction, row: ClientRow, before: int) -> SourceLine:
    came = tuple(unused.came(conn, row.source, MOST_CAME))
    stands = standing(conn, row.source, before)
    silent = stands is None and not sequences.anything(conn, row.source)
    declared = unused.total(conn, row.source)
    return SourceLine(row.id, row.name, row.units, row.suspended, stands, silent, declared, came)


def _urgency(line: SourceLine) -> tuple[int, int, str]:
    return -(line.standing.missing if line.standing else 0), -len(line.came), line.name


def _declared(row: Unused, name: str, came: Sequence[int]) -> Declared:
    found = came[bisect_left(came, row.first) : bisect_right(came, row.last)]
    return Declared(row, name, tuple(found))


def _before(minutes: int) -> int:
    return now_us() - minutes * MINUTE_US
