"""Many incidents, fast: one story goes through the real intake, its rows are then copied under other numbers.

Each copy has its own number, report token, second fact and first and last event; the projection is the real one, and
what may be shown is told ahead, as the worker leaves it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import text

from lookup.domain.reference import SecondFact, report_token, second_fact_digest
from lookup.services.incident_file import FACT_KINDS
from lookup.services.law import read_law
from lookup.services.show_ahead import show_ahead
from lookup.storage import units
from lookup.storage.database import Database
from lookup.storage.units import Unit
from tests.support import contexts
from tests.support.reports import PHONE, UNIT, push_story

TEMPLATE = "36990226030200000000"
PEPPER = contexts.key(5)
_COLUMNS = {
    "incident": "id, number, token, generation, unit, reported, updated, rules, withheld, sealed, shown_t1, "
    "shown_t2, shown_until, story",
    "second_fact": "incident, kind, digest",
    "event": "source, id, incident, at, received, client, sequence, digest, body, answer",
}
_CHUNK = 10_000


def number_of(index: int) -> str:
    """The number (接警编号) of the copy with this index, from 1 on."""
    return f"36990226{index:012d}"


def token_of(index: int) -> bytes:
    """The report token of the copy with this index."""
    return report_token(PEPPER, number_of(index))


def fill(database: Database, incidents: int) -> None:
    """Put `incidents` copies into a migrated, empty database and bring its statistics up to date."""
    with database.write() as conn:
        units.put(conn, [Unit(UNIT, "云溪市公安局测试派出所", "Yunxi test police station", "0000-0000000")])
    push_story(contexts.push(database), TEMPLATE)
    show_ahead(database, read_law())
    with database.read() as conn:
        rows = {name: _template(conn, name) for name in _COLUMNS}
    for low in range(1, incidents + 1, _CHUNK):
        span = range(low, min(low + _CHUNK, incidents + 1))
        for name, copies in (("incident", _incidents), ("second_fact", _facts), ("event", _events)):
            _insert(database, name, copies(rows[name], span))
    _settle(database)


def _template(conn: Any, name: str) -> list[tuple[Any, ...]]:
    order = {"event": "ORDER BY at, id"}.get(name, "")
    found = conn.execute(text(f"SELECT {_COLUMNS[name]} FROM {name} {order}"))  # noqa: S608 - names of ours
    return [tuple(row) for row in found]


def _incidents(rows: Sequence[tuple[Any, ...]], span: range) -> Iterator[tuple[Any, ...]]:
    _, _, _, *middle, story = rows[0]
    for index in span:
        number = number_of(index)
        yield (index + 1, number, token_of(index), *middle, story.replace(TEMPLATE, number))


def _facts(rows: Sequence[tuple[Any, ...]], span: range) -> Iterator[tuple[Any, ...]]:
    kind = FACT_KINDS[SecondFact.PHONE_LAST4]
    for index in span:
        digest = second_fact_digest(PEPPER, SecondFact.PHONE_LAST4, number_of(index), PHONE[-4:])
        yield index + 1, kind, digest


def _events(rows: Sequence[tuple[Any, ...]], span: range) -> Iterator[tuple[Any, ...]]:
    for index in span:
        number = number_of(index)
        for source, id_, _, at, received, client, sequence, digest, body, answer in (rows[0], rows[-1]):
            changed = (text.replace(TEMPLATE, number) for text in (id_, body))
            id_, body = changed
            yield source, id_, index + 1, at, received, client, sequence, digest, body, answer


def _insert(database: Database, name: str, rows: Iterable[tuple[Any, ...]]) -> None:
    with database.write() as conn:
        driver: Any = conn.connection.driver_connection
        if database.dialect == "postgresql":
            with driver.cursor().copy(f"COPY {name} ({_COLUMNS[name]}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            return
        first = next(iterator := iter(rows))
        marks = ", ".join("?" * len(first))
        statement = f"INSERT INTO {name} ({_COLUMNS[name]}) VALUES ({marks})"  # noqa: S608 - names of ours
        driver.executemany(statement, itertools.chain([first], iterator))


def _settle(database: Database) -> None:
    if database.dialect == "postgresql":
        with database.single() as conn:
            conn.execute(text("SELECT setval('incident_id_seq', max(id)) FROM incident"))
            conn.execute(text("VACUUM (ANALYZE)"))
            conn.execute(text("CHECKPOINT"))
            return
    with database.read() as conn:
        driver: Any = conn.connection.driver_connection
        driver.rollback()
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
