"""Lists of a day (日清单) as their sources sent them, and what the incident table holds against them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, func, insert, or_, select, tuple_, update

from lookup.storage.bulk import add_new
from lookup.storage.direct import ask
from lookup.storage.oversight_tables import manifest, manifest_part

_AT_ONCE = 500


class ManifestRow(NamedTuple):
    """A list's head: `name` is its source's id for it, `day` YYYY-MM-DD, `unit` empty for everything of the source.

    `total` and `hash` are what the source says of the whole; times µs, `completed` None while parts are missing.
    `id` is 0 where it is not kept.
    """

    id: int
    client: str
    source: str
    name: str
    day: str
    unit: str
    parts: int
    total: int
    hash: str
    received: int
    completed: int | None


_ROW = [getattr(manifest.c, name) for name in ManifestRow._fields]
_TOLD = (
    "SELECT number, origin FROM incident "
    "WHERE source = :source AND reported >= :since AND reported < :until ORDER BY number"
)
_HOW_MANY = (
    "SELECT count(*) FROM incident "
    "WHERE source = :source AND reported >= :since AND reported < :until AND origin LIKE :origin"
)
_UNITS = "SELECT number, origin, unit FROM incident WHERE number IN :numbers"
_UNITS_BY_TEXT = (  # psycopg takes longer to write out so many names than PostgreSQL to find the rows
    "SELECT number, origin, unit FROM incident WHERE number = ANY(string_to_array(:numbers, E'\\n'))"
)


def lock(conn: Connection, source: str, name: str) -> ManifestRow | None:
    """Return a source's list by its name, locked against other writers until the transaction ends; or None."""
    query = select(*_ROW).where(manifest.c.source == source, manifest.c.name == name).with_for_update()
    row = conn.execute(query).one_or_none()
    return None if row is None else ManifestRow(*row)


def find(conn: Connection, source: str, name: str) -> ManifestRow | None:
    """Return a source's list by its name, or None."""
    query = select(*_ROW).where(manifest.c.source == source, manifest.c.name == name)
    row = conn.execute(query).one_or_none()
    return None if row is None else ManifestRow(*row)


def by_id(conn: Connection, id_: int) -> ManifestRow | None:
    """Return a list by its row id, or None."""
    row = conn.execute(select(*_ROW).where(manifest.c.id == id_)).one_or_none()
    return None if row is None else ManifestRow(*row)


class Key(NamedTuple):
    """Where a page of lists ends: the last one's day and row id."""

    day: str
    id: int


def newest(
    conn: Connection, sources: Sequence[str], units: Sequence[str], before: Key | None, limit: int
) -> list[ManifestRow]:
    """Return lists, the latest day first, from below `before` on: all of `sources`, and those of a unit in `units`.

    `units` are prefixes of unit codes.
    """
    mine = or_(manifest.c.source.in_(sources), *(manifest.c.unit.startswith(unit) for unit in units))
    query = select(*_ROW).where(mine)
    if before is not None:
        query = query.where(tuple_(manifest.c.day, manifest.c.id) < tuple_(before.day, before.id))
    ordered = query.order_by(manifest.c.day.desc(), manifest.c.id.desc()).limit(limit)
    return [ManifestRow(*row) for row in conn.execute(ordered)]


def days_of(conn: Connection, source: str) -> dict[str, bool]:
    """Return the days of which a source has begun to send the whole list, each with whether one came completely."""
    whole = (manifest.c.source == source, manifest.c.unit == "")
    complete = func.count(manifest.c.completed) > 0
    query = select(manifest.c.day, complete).where(*whole).group_by(manifest.c.day)
    return {day: bool(came) for day, came in conn.execute(query)}


def replacement(conn: Connection, row: ManifestRow) -> ManifestRow | None:
    """Return the newest complete list of the same source, day and unit that was begun after this one, or None."""
    same = [getattr(manifest.c, name) == getattr(row, name) for name in ("source", "day", "unit")]
    later = select(*_ROW).where(*same, manifest.c.id > row.id, manifest.c.completed.is_not(None))
    found = conn.execute(later.order_by(manifest.c.id.desc()).limit(1)).one_or_none()
    return None if found is None else ManifestRow(*found)


def add(conn: Connection, row: ManifestRow) -> int:
    """Insert a list's head (its `id` is ignored) and return its row id; a name that is taken raises TakenError."""
    values = {name: value for name, value in row._asdict().items() if name != "id"}
    return int(add_new(conn, manifest, [values], "id")[0][0])


def add_part(conn: Connection, id_: int, part: int, received: int, numbers: Iterable[str]) -> None:
    """Keep one part of a list."""
    text = "\n".join(sorted(numbers))
    values = {"manifest": id_, "part": part, "received": received, "numbers": text}
    conn.execute(insert(manifest_part), values)


def complete(conn: Connection, id_: int, now: int) -> None:
    """Note that every part of a list has come."""
    conn.execute(update(manifest).where(manifest.c.id == id_).values(completed=now))


def parts_of(conn: Connection, id_: int) -> dict[int, frozenset[str]]:
    """Return the numbers of a list by part."""
    query = select(manifest_part.c.part, manifest_part.c.numbers).where(manifest_part.c.manifest == id_)
    return {part: frozenset(numbers.split()) for part, numbers in conn.execute(query)}


def came(conn: Connection, id_: int) -> frozenset[int]:
    """Return which parts of a list have come."""
    query = select(manifest_part.c.part).where(manifest_part.c.manifest == id_)
    return frozenset(conn.execute(query).scalars())


def told(conn: Connection, source: str, since: int, until: int) -> list[tuple[str, str]]:
    """Return (number, unit that told it first) of a source's incidents reported in [since, until) (µs), by number."""
    return [(number, origin) for number, origin in ask(conn, _TOLD, source=source, since=since, until=until)]


def count_told(conn: Connection, source: str, since: int, until: int, unit: str) -> int:
    """Return how many `told` would return that a unit told first whose code begins with the digits `unit`."""
    rows = ask(conn, _HOW_MANY, source=source, since=since, until=until, origin=f"{unit}%")
    return int(rows[0][0])


def units_of(conn: Connection, numbers: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Return the known ones among these numbers, each with the unit that told it first and the present one."""
    found: dict[str, tuple[str, str]] = {}
    for start in range(0, len(numbers), _AT_ONCE):
        some = list(numbers[start : start + _AT_ONCE])
        if conn.dialect.name == "postgresql":
            rows = ask(conn, _UNITS_BY_TEXT, numbers="\n".join(some))
        else:
            rows = ask(conn, _UNITS, numbers=some)
        found |= {number: (origin, unit) for number, origin, unit in rows}
    return found
