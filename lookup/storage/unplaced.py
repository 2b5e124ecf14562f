"""Incidents of which an event waits: taken, but not fitting what is known. They have an index of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, false, func, literal_column, or_, select, tuple_

from lookup.storage.tables import event, incident


class Key(NamedTuple):
    """Where a page begins: after the incident `id` whose first waiting event was typed in at `waiting` (µs)."""

    waiting: int
    id: int


class Unplaced(NamedTuple):
    """An incident of which something waits; `story` as it was stored by edition `rules`, `token` of its report."""

    id: int
    number: str
    token: bytes
    unit: str
    rules: str
    story: str
    waiting: int


_COLUMNS = [getattr(incident.c, name) for name in Unplaced._fields]
_WAITS = incident.c.waiting > literal_column("0")  # as the index says it


def told_first(
    conn: Connection, sources: Sequence[str], since: int, until: int, limit: int, speaker: str
) -> list[str]:
    """Return the stories of those that these sources told first in [since, until) µs and `speaker` has spoken of."""
    columns = incident.c
    found = (columns.source.in_(sources), columns.reported >= since, columns.reported < until)
    spoke = select(event.c.id).where(event.c.incident == columns.id, event.c.source == speaker).exists()
    query = select(columns.story).where(_WAITS, *found, spoke).order_by(columns.reported, columns.id)
    return list(conn.execute(query.limit(limit)).scalars())


def oldest(conn: Connection, units: Sequence[str], after: Key | None, limit: int) -> list[Unplaced]:
    """Return those under units with one of these prefixes, the longest typed in first, after a place."""
    query = select(*_COLUMNS).where(_WAITS, _under(units))
    if after is not None:
        query = query.where(tuple_(incident.c.waiting, incident.c.id) > tuple_(*after))
    rows = conn.execute(query.order_by(incident.c.waiting, incident.c.id).limit(limit))
    return [Unplaced(*row) for row in rows]


def count(conn: Connection, units: Sequence[str], most: int) -> int:
    """Return how many there are under these units, none counted beyond `most`."""
    found = select(incident.c.id).where(_WAITS, _under(units)).limit(most)
    return int(conn.execute(select(func.count()).select_from(found.subquery())).scalar_one())


def received(conn: Connection, incidents: Sequence[int]) -> dict[tuple[str, str], int]:
    """Return when each event of these incidents came (µs), by its source and id."""
    query = select(event.c.source, event.c.id, event.c.received).where(event.c.incident.in_(incidents))
    return {(row.source, row.id): row.received for row in conn.execute(query)}


def _under(units: Sequence[str]) -> ColumnElement[bool]:
    return or_(false(), *(incident.c.unit.startswith(unit, autoescape=True) for unit in units))
