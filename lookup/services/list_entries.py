"""Searching the ledger for a supervisor. Looking is itself an entry, with the filter in its restricted part.

Entries carry no unit, so a jurisdiction can not narrow them: whoever may see the ledger sees all of it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from lookup.domain.roles import Right
from lookup.ledger.entry import ACTION_NAMES, OUTCOME_NAMES, Row
from lookup.services.alarms import unanswered
from lookup.services.contexts import ConsoleContext
from lookup.services.staff_looks import covert_until, draft
from lookup.services.staff_session import Staff
from lookup.services.tell_actors import Who, tell
from lookup.storage import entries
from lookup.storage.entries import Filter as Filter
from lookup.storage.entries import Key as Key
from lookup.storage.lanes import append, now_us

PAGE = 50
SECOND_US, DAY_US = 1_000_000, 86_400_000_000
COUNTED_TO = 10_000
NOTABLE = ("refused", "limited", "quarantined", "conflict")


@dataclass(frozen=True, slots=True)
class Line:
    """One entry in the list. `at` is µs (UTC); an action or outcome that no entry can have reads "?"."""

    place: str
    at: int
    action: str
    outcome: str
    actor: bytes
    who: Who
    report: bytes | None
    net: str | None
    detail: str | None


@dataclass(frozen=True, slots=True)
class Attention:
    """What was not answered since `since` (µs): counts by outcome and of everything, none beyond COUNTED_TO."""

    since: int
    counts: dict[str, int]
    total: int


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of entries, newest first, where to go on, and the place of the entry that this look has left.

    `stopped` (µs): the search ended there, nothing nearer matches, `older` goes on. `release` (µs): when the citizen
    is told of this look at one report, None at once. `alarms`: how many of the ledger's alarms are open, told only to
    who may answer for them.
    """

    lines: tuple[Line, ...]
    older: Key | None
    newer: Key | None
    stopped: int | None
    attention: Attention
    entry: str
    release: int | None = None
    alarms: int = 0


def list_entries(
    context: ConsoleContext,
    who: Staff,
    filter_: Filter,
    address: str,
    before: Key | None = None,
    after: Key | None = None,
) -> Listing:
    """Return a page of the entries that match; the entry of this look is durable before it returns."""
    since = now_us() // SECOND_US * SECOND_US - DAY_US
    with context.database.read() as conn:
        found = entries.search(conn, filter_, PAGE, before, after)
        counts = entries.count(conn, NOTABLE, since, COUNTED_TO)
        attention = Attention(since, counts, entries.count_all(conn, since, COUNTED_TO))
        people = tell(conn, context.settings.pepper, found.rows)
        release = None if filter_.report is None else covert_until(conn, who, filter_.report)
        alarms = unanswered(conn) if who.may(Right.ANSWER_ALARMS) else 0
    entry = note_look(context, who, "released", address, filter_)
    lines = tuple(line(row, people[row.writer, row.seq]) for row in found.rows)
    return Listing(lines, found.older, found.newer, found.stopped, attention, entry, release, alarms)


def note_look(
    context: ConsoleContext, who: Staff, outcome: str, address: str, filter_: Filter | None = None
) -> str:
    """Leave the entry of a look at the list and return its place; narrowed to one report it is about that report."""
    asked = {} if filter_ is None else asdict(filter_)
    report = asked.pop("report", None)
    detail = {
        name: value.hex() if isinstance(value, bytes) else value
        for name, value in asked.items()
        if value is not None
    }
    with context.database.write() as conn:
        look = draft(conn, who, "console.entries", outcome, address, report, detail)
        return str(append(conn, context.pen, look)[0])


def line(row: Row, who: Who) -> Line:
    """Return a row in words."""
    action, outcome = ACTION_NAMES.get(row.action, "?"), OUTCOME_NAMES.get(row.outcome, "?")
    place = f"{row.writer}-{row.seq}"
    return Line(place, row.ts, action, outcome, row.actor, who, row.report, row.net, row.detail)
