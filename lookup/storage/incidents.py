"""Rows of incidents, their events and second facts, as frozen values; no rule of law lives here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, bindparam, case, or_, select, update

from lookup.storage.bulk import add_new
from lookup.storage.direct import ask, put
from lookup.storage.tables import event, incident, second_fact, spent


class IncidentRow(NamedTuple):
    """One incident: `story` is the stored projection (JSON), `rules` the digest of the rulebooks it was told by."""

    id: int
    number: str
    token: bytes
    generation: int
    unit: str
    reported: int
    updated: int
    rules: str
    story: str
    withheld: bool
    sealed: bytes | None
    reporter_since: int


class EventRow(NamedTuple):
    """One stored event: `body` is its JSON without persons, `answer` the JSON that its source was given."""

    source: str
    id: str
    incident: int
    digest: bytes
    body: str
    answer: str


_INCIDENT = [getattr(incident.c, name) for name in IncidentRow._fields]
_PROJECTED = (
    *("unit", "updated", "rules", "story", "withheld", "sealed", "reported", "origin", "source"),
    *("waiting", "reporter_since", "victim_since", "complainant_since"),
)
ROLES = {"reporter": 1, "victim": 2, "complainant": 3}
"""The roles of persons as second facts have them."""
_BY_TOKEN = select(*_INCIDENT).where(incident.c.token == bindparam("token"))
_SINCE = case(
    (second_fact.c.role == ROLES["reporter"], incident.c.reporter_since),
    (second_fact.c.role == ROLES["victim"], incident.c.victim_since),
    else_=incident.c.complainant_since,
)
_FACTS = select(second_fact.c.digest).where(
    second_fact.c.incident == bindparam("incident"),
    second_fact.c.kind == bindparam("kind"),
    incident.c.id == second_fact.c.incident,
    or_(second_fact.c.told == _SINCE, and_(second_fact.c.told > _SINCE, second_fact.c.told % 2 == 0)),
)


# Statements of every push are text (`direct`): SQLAlchemy takes longer for them than the databases need to answer.
_LOCK = (
    f"SELECT {', '.join(IncidentRow._fields)} FROM incident "  # noqa: S608 - no input
    "WHERE number IN :numbers ORDER BY number FOR UPDATE"
)
_SAME = f"SELECT {', '.join(EventRow._fields)} FROM event WHERE source = :source AND id IN :ids"  # noqa: S608 - no input
_BODIES = "SELECT incident, body FROM event WHERE incident IN :incidents ORDER BY at"


def by_token(conn: Connection, token: bytes) -> IncidentRow | None:
    """Return the incident with this report token (16 bytes), or None."""
    row = conn.execute(_BY_TOKEN, {"token": token}).one_or_none()
    return None if row is None else IncidentRow(*row)


def by_number(conn: Connection, number: str) -> IncidentRow | None:
    """Return the incident with this number (接警编号), or None."""
    row = conn.execute(select(*_INCIDENT).where(incident.c.number == number)).one_or_none()
    return None if row is None else IncidentRow(*row)


def is_spent(conn: Connection, id_: bytes) -> bool:
    """Say whether a one-time token or pass was used up or revoked."""
    return conn.execute(select(spent.c.id).where(spent.c.id == id_)).first() is not None


def facts(conn: Connection, incident_id: int, kind: int) -> list[bytes]:
    """Return the digests of one kind of second fact of an incident that open it; empty for an unknown id.

    That is `fold.counts`, asked in the database: since when those of a role count, the incident says.
    """
    return list(conn.execute(_FACTS, {"incident": incident_id, "kind": kind}).scalars())


def lock(conn: Connection, numbers: Sequence[str]) -> dict[str, IncidentRow]:
    """Return the known ones among `numbers`, locked against other writers until the transaction ends."""
    if not numbers:
        return {}
    rows = [IncidentRow(*row) for row in ask(conn, _LOCK, numbers=list(numbers))]
    return {row.number: row for row in rows}


def create(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Insert incidents and return their ids by number; one that another writer inserted meanwhile raises TakenError."""
    return dict(add_new(conn, incident, rows, "number, id"))


def project(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store new projections and end what was shown: each row has `id_` and what `_PROJECTED` names.

    `reported` (µs), `origin` (unit) and `source` are those of the earliest step; `source` is empty without one.
    `waiting` (µs): when the first of the events that wait was typed in, 0 when none waits. The columns
    `…_since`: when, as `fold.told_at` counts it, persons of a role were last corrected, 0 for never.
    """
    if rows:
        statement = update(incident).where(incident.c.id == bindparam("id_"))
        told: dict[str, Any] = {name: bindparam(name) for name in _PROJECTED}
        conn.execute(statement.values(told | {"shown_until": 0}), rows)


def raise_generation(conn: Connection, number: str) -> int | None:
    """Revoke every reference of an incident: the next generation counts. Returns it, or None when unknown."""
    statement = update(incident).where(incident.c.number == number)
    raised = statement.values(generation=incident.c.generation + 1).returning(incident.c.generation)
    return conn.execute(raised).scalar_one_or_none()


def events_by_id(conn: Connection, ids: Sequence[tuple[str, str]]) -> dict[tuple[str, str], EventRow]:
    """Return the stored ones among the (source, id) pairs."""
    found: dict[tuple[str, str], EventRow] = {}
    by_source: dict[str, list[str]] = {}
    for source, id_ in ids:
        by_source.setdefault(source, []).append(id_)
    for source, wanted in by_source.items():
        rows = [EventRow(*row) for row in ask(conn, _SAME, source=source, ids=wanted)]
        found.update({(row.source, row.id): row for row in rows})
    return found


def events_of(conn: Connection, incident_ids: Sequence[int]) -> dict[int, list[str]]:
    """Return the event bodies of each incident, in the order in which things happened."""
    if not incident_ids:
        return {}
    bodies: dict[int, list[str]] = {id_: [] for id_ in incident_ids}
    for id_, body in ask(conn, _BODIES, incidents=list(incident_ids)):
        bodies[id_].append(body)
    return bodies


def add_events(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert events; a (source, id) that is there already raises TakenError."""
    add_new(conn, event, rows)


def add_facts(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert second facts (incident, kind, digest, role, told); known ones are left as they are."""
    if rows:  # without naming the key: then PostgreSQL asks for no right to read it
        put(conn, second_fact.name, rows, " ON CONFLICT DO NOTHING")


class Shown(NamedTuple):
    """What may be shown at each tier until `shown_until` (µs), told by edition `rules` of what was `updated_`."""

    id_: int
    updated_: int
    rules: str
    story: str
    shown_t1: str
    shown_t2: str
    shown_until: int
    waiting: int


def unshown(conn: Connection, now: int, limit: int) -> list[IncidentRow]:
    """Return up to `limit` incidents whose showing is over at `now` (µs) or was never told, longest over first."""
    query = (
        select(*_INCIDENT).where(incident.c.shown_until <= now).order_by(incident.c.shown_until).limit(limit)
    )
    return [IncidentRow(*row) for row in conn.execute(query)]


def show(conn: Connection, told: Sequence[Shown]) -> None:
    """Store what may be shown; an incident that was updated after it was read keeps what it has."""
    same = and_(incident.c.id == bindparam("id_"), incident.c.updated == bindparam("updated_"))
    names = ("rules", "story", "shown_t1", "shown_t2", "shown_until", "waiting")
    statement = update(incident).where(same).values({name: bindparam(name) for name in names})
    conn.execute(statement, [each._asdict() for each in told])


def of_other_edition(conn: Connection, rules: str, after: str, limit: int) -> list[str]:
    """Return the first `limit` numbers behind `after` whose showing another edition than `rules` has told."""
    query = select(incident.c.number).where(incident.c.number > after, _told_by_other(rules))
    return list(conn.execute(query.order_by(incident.c.number).limit(limit)).scalars())


def unshow(conn: Connection, rules: str, numbers: Sequence[str]) -> int:
    """End the showings that another edition than `rules` has told of these incidents; returns how many."""
    lock(conn, numbers)
    ended = update(incident).where(incident.c.number.in_(numbers), _told_by_other(rules))
    return int(conn.execute(ended.values(shown_until=0)).rowcount)


def _told_by_other(rules: str) -> ColumnElement[bool]:
    return and_(incident.c.rules != rules, incident.c.shown_until > 0)
