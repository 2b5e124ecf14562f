"""Events that wait (等前一步), for a supervisor: taken, but not fitting what is known, the longest typed in first.

Each report that a page shows has an entry of that look, made before the page leaves.
"""

from __future__ import annotations

from dataclasses import dataclass

from lookup.domain.events import Kind
from lookup.domain.lacking import Lack, lacking
from lookup.domain.ruletypes import Rulebook, Text
from lookup.domain.story import Step, Story
from lookup.services.contexts import ConsoleContext
from lookup.services.show_ahead import story_of
from lookup.services.staff_looks import draft
from lookup.services.staff_session import Staff
from lookup.storage import clients, units, unplaced
from lookup.storage.database import Transaction
from lookup.storage.lanes import append, now_us
from lookup.storage.unplaced import Key as Key
from lookup.storage.unplaced import Unplaced

PAGE, MOST_STEPS, COUNTED_TO = 20, 10, 10_000
_HOUR_US = 3_600_000_000


@dataclass(frozen=True, slots=True)
class Waits:
    """One event that waits, for whole `hours` since it came; `enters` and `stands` name states, None: there is none.

    `before` names the states of which one must come first where a step is lacking.
    """

    step: Step
    hours: int | None
    source: str
    enters: Text | None
    stands: Text | None
    lacks: Lack
    before: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """A report with what waits of it: the first MOST_STEPS, and how many `more`."""

    number: str
    token: bytes
    unit: str
    waits: tuple[Waits, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Page:
    """Reports of the jurisdiction of which something waits; `total` of them, none counted beyond COUNTED_TO."""

    reports: tuple[Report, ...]
    total: int
    following: Key | None


def list_waiting(context: ConsoleContext, who: Staff, address: str, after: Key | None = None) -> Page:
    """Return the page after a place; reports lie in the jurisdiction by the unit that is responsible now."""
    with context.database.write() as conn:
        rows = unplaced.oldest(conn, who.jurisdiction, after, PAGE + 1)
        reports = tuple(_reports(context, conn, rows[:PAGE]))
        total = unplaced.count(conn, who.jurisdiction, COUNTED_TO)
        seen = [None, *(report.token for report in reports)]
        detail = {"page": "waiting"}
        looks = [draft(conn, who, "console.view", "released", address, token, detail) for token in seen]
        append(conn, context.pen, *looks)
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    return Page(reports, total, Key(last.waiting, last.id) if last else None)


def _reports(context: ConsoleContext, conn: Transaction, rows: list[Unplaced]) -> list[Report]:
    came = unplaced.received(conn, [row.id for row in rows])
    sources = {each.source: each.name for each in clients.every(conn)}
    names = units.all(conn)
    found = list[Report]()
    for row in rows:
        story = story_of(conn, context.law, row.rules, row.story, row.id)
        steps = [
            _waits(context, story, step, came.get((step.source, step.id)), sources.get(step.source))
            for step in story.waiting[:MOST_STEPS]
        ]
        unit = names[row.unit].name if row.unit in names else row.unit
        if steps:  # a mended rule may have placed what waited
            found.append(Report(row.number, row.token, unit, tuple(steps), len(story.waiting) - len(steps)))
    return found


def _waits(
    context: ConsoleContext, story: Story, step: Step, received: int | None, source: str | None
) -> Waits:
    book = context.law.rules.named(step.rules)
    found = lacking(book, story, step)
    enters = _label(book, step.to) if step.kind == Kind.TRANSITION else None
    labels = tuple(label for label in (_label(book, state) for state in found.before) if label)
    hours = None if received is None else max(0, now_us() - received) // _HOUR_US
    return Waits(step, hours, source or step.source, enters, _label(book, found.stands), found.lack, labels)


def _label(book: Rulebook, state: str | None) -> Text | None:
    rule = book.states.get(state or "")
    return rule.label if rule else None
