"""The sources' lists of each day (日清单) for a supervisor, compared now (每警必录). Every look is an entry first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from lookup.domain.budget import network_prefix
from lookup.domain.calendar import SHANGHAI
from lookup.domain.roles import covers
from lookup.services.compare_manifest import Compared, compared
from lookup.services.contexts import ConsoleContext
from lookup.services.staff_session import Staff
from lookup.storage import clients, manifests, units
from lookup.storage.clients import ClientRow
from lookup.storage.database import Transaction
from lookup.storage.lanes import Draft, append
from lookup.storage.manifests import Key as Key

PAGE = 20
LOOK_BACK = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class DayList:
    """One list: its source's name, its unit's name ("" for the whole source), and how it compares."""

    name: str
    unit: str
    compared: Compared


@dataclass(frozen=True, slots=True)
class Silence:
    """A source that sends lists, and how many recent days none has come whole of, as spans, the latest first."""

    name: str
    days: int
    spans: tuple[tuple[date, date], ...]


@dataclass(frozen=True, slots=True)
class Overview:
    """A page of lists, the latest day first, where the next begins, and which lists have not come."""

    lists: tuple[DayList, ...]
    older: Key | None
    silences: tuple[Silence, ...]


def oversee_lists(context: ConsoleContext, who: Staff, address: str, before: Key | None = None) -> Overview:
    """Return a page of the lists that lie wholly in the supervisor's jurisdiction."""
    with context.database.read() as conn:
        known = clients.every(conn)
        mine = [row for row in known if _inside(who, row.units)]
        rows = manifests.newest(conn, [row.source for row in mine], who.jurisdiction, before, PAGE + 1)
        found = tuple(_list(conn, row, known) for row in rows[:PAGE])
        silences = tuple(filter(None, (_silence(conn, row) for row in mine)))
    _note(context, who, "released", address, {"page": "manifests"})
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    return Overview(found, Key(last.day, last.id) if last else None, silences)


def oversee_list(context: ConsoleContext, who: Staff, id_: int, address: str) -> DayList | None:
    """Return one list with its numbers; None when there is none in the supervisor's jurisdiction."""
    with context.database.read() as conn:
        row = manifests.by_id(conn, id_)
        known = clients.every(conn)
        scope = () if row is None else _scope(row, known)
        found = _list(conn, row, known) if row is not None and _inside(who, scope) else None
    outcome = "refused" if found is None else "released"
    _note(context, who, outcome, address, {"page": "manifest", "id": id_})
    return found


def _scope(row: manifests.ManifestRow, known: Sequence[ClientRow]) -> Sequence[str]:
    return (row.unit,) if row.unit else _units(row.source, known)


def _units(source: str, known: Sequence[ClientRow]) -> tuple[str, ...]:
    return next((each.units for each in known if each.source == source), ())


def _inside(who: Staff, prefixes: Sequence[str]) -> bool:
    return bool(prefixes) and all(covers(who.jurisdiction, prefix) for prefix in prefixes)


def _list(conn: Transaction, row: manifests.ManifestRow, known: Sequence[ClientRow]) -> DayList:
    name = next((each.name for each in known if each.source == row.source), row.source)
    unit = units.all(conn).get(row.unit) if row.unit else None
    found = compared(conn, row, _units(row.source, known), manifests.parts_of(conn, row.id))
    return DayList(name, unit.name if unit else row.unit, found)


def _silence(conn: Transaction, row: ClientRow) -> Silence | None:
    """Look at the days since a source began its first list, at most LOOK_BACK, up to yesterday."""
    came = manifests.days_of(conn, row.source)
    if not came:
        return None
    yesterday = datetime.now(UTC).astimezone(SHANGHAI).date() - timedelta(days=1)
    first = max(date.fromisoformat(min(came)), yesterday - LOOK_BACK)
    days = [first + timedelta(days=after) for after in range((yesterday - first).days + 1)]
    absent = [day for day in days if not came.get(day.isoformat())]
    return Silence(row.name, len(absent), _spans(absent)) if absent else None


def _spans(days: Sequence[date]) -> tuple[tuple[date, date], ...]:
    spans: list[tuple[date, date]] = []
    for day in days:
        if spans and day - spans[-1][1] == timedelta(days=1):
            spans[-1] = (spans[-1][0], day)
        else:
            spans.append((day, day))
    return tuple(reversed(spans))


def _note(
    context: ConsoleContext, who: Staff, outcome: str, address: str, detail: Mapping[str, str | int]
) -> None:
    draft = Draft("console.view", outcome, who.id, None, network_prefix(address, 48), dict(detail))
    with context.database.write() as conn:
        append(conn, context.pen, draft)
