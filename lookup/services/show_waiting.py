"""A source asks which of its events wait: taken, but not fitting what is known. Looked up anew each time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from lookup.domain.daylist import NOBODY, unit_prefix
from lookup.domain.lacking import Lacking, lacking
from lookup.domain.story import Step, Story
from lookup.services import projection
from lookup.services.arrivals import Client
from lookup.services.authenticate_client import Nonce, is_used
from lookup.services.compare_manifest import bounds
from lookup.services.contexts import PushContext
from lookup.services.law import Law
from lookup.services.show_manifest import enter
from lookup.storage import clients, unplaced

MOST = 1000
"""Reports that are looked at for one answer."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One event that waits, and what it lacks."""

    incident: str
    step: Step
    lacking: Lacking


def show_waiting(
    context: PushContext, client: Client, first: date, last: date, unit: str, nonce: Nonce
) -> tuple[tuple[Waiting, ...], bool, str] | None:
    """Return what waits of the client's events on reports of these days, whether there is more, and the entry's place.

    The client's events may concern reports that another source told first. None for a replayed request.
    """
    since, until = bounds(first)[0], bounds(last)[1]
    with context.database.snapshot() as conn:
        if is_used(conn, nonce):
            return None
        sources = [row.source for row in clients.every(conn)]
        stories = unplaced.told_first(conn, [*sources, NOBODY], since, until, MOST, client.source)
    told = [projection.load(story) for story in stories]
    found = [each for story in told for each in _own(context.law, story, client.source, unit_prefix(unit))]
    detail = {"since": first.isoformat(), "until": last.isoformat()} | ({"unit": unit} if unit else {})
    place = enter(context, client, nonce, "released", detail)
    return None if place is None else (tuple(found), len(stories) == MOST, place)


def _own(law: Law, story: Story, source: str, prefix: str) -> list[Waiting]:
    return [
        Waiting(story.incident, step, lacking(law.rules.named(step.rules), story, step))
        for step in story.waiting
        if step.source == source and step.unit.startswith(prefix)
    ]
