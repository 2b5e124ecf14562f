"""Telling beforehand what may be shown of each incident, so that an answer need not: the worker's work.

What is told ahead is exactly what `open_report` would tell at that moment, and is used only until it may change.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from lookup.domain.calendar import SHANGHAI
from lookup.domain.disclosure import Tier, disclose
from lookup.domain.engine import ask
from lookup.domain.showing import changes_at
from lookup.domain.story import Story
from lookup.services import event_json, projection
from lookup.services.law import Law
from lookup.storage import incidents
from lookup.storage.database import Database, Transaction
from lookup.storage.incidents import IncidentRow, Shown
from lookup.storage.lanes import now_us

FOR_EVER = 1 << 62
GROUP = 200


def show_ahead(database: Database, law: Law) -> int:
    """Tell up to GROUP incidents whose showing is over; returns how many. One that changes meanwhile is left."""
    with database.read() as conn:
        due = incidents.unshown(conn, now_us(), GROUP)
        told = [_shown(conn, law, row) for row in sorted(due, key=_number)]  # pushes lock in this order too
    if told:
        with database.write() as conn:
            incidents.show(conn, told)
    return len(told)


def begin_edition(database: Database, law: Law) -> Iterator[int]:
    """Have everything told anew that another edition of rulebooks and code has told.

    Each step of the iterator ends the showings of up to GROUP incidents in a transaction of its own and yields how
    many, so that no push waits for more than a group; it is over when none of another edition is left.
    """
    after = ""
    while numbers := _others(database, law, after):
        with database.write() as conn:
            ended = incidents.unshow(conn, law.digest, numbers)
        after = numbers[-1]
        yield ended


def _others(database: Database, law: Law, after: str) -> list[str]:
    with database.read() as conn:
        return incidents.of_other_edition(conn, law.digest, after, GROUP)


def _number(row: IncidentRow) -> str:
    return row.number


def _shown(conn: Transaction, law: Law, row: IncidentRow) -> Shown:
    story = story_of(conn, law, row.rules, row.story, row.id)
    now = datetime.fromtimestamp(now_us() / 1_000_000, SHANGHAI)
    standing = ask(law.rules, law.calendar, story, now)
    one, two = (law.texts.shorten(disclose(law.rules, story, standing, tier)) for tier in Tier)
    changes = changes_at(law.rules, story, standing)
    until = int(changes.timestamp() * 1_000_000) if changes else FOR_EVER
    waiting = projection.waiting_since(story)
    return Shown(row.id, row.updated, law.digest, projection.dump(story), one, two, until, waiting)


def story_of(conn: Transaction, law: Law, rules: str, stored: str, incident: int) -> Story:
    """Return the stored story of an incident, or the events' own when it was told by another edition than this."""
    if rules == law.digest:
        return projection.load(stored)
    bodies = incidents.events_of(conn, [incident])[incident]
    return projection.tell_all(law, [event_json.load(body) for body in bodies])
