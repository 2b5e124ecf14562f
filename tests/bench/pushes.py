"""Rows of the push: signed events one by one and in batches, beside a plain multi-row insert of the same rows."""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Table, insert, select

from lookup.domain.calendar import SHANGHAI
from lookup.settings import PushSettings
from lookup.storage.tables import audit_entry, event, incident, second_fact
from tests.bench.places import DIALECTS, Bench, servers
from tests.bench.report import Row, interleaved, paired
from tests.bench.serving import Sample as Load
from tests.bench.serving import Server, environment, load, serve
from tests.support import pushing
from tests.support.pushing import BATCH, EVENT, Desk

START = datetime(2026, 1, 1, tzinfo=SHANGHAI)
STEPS = ("J10", "J20", "J30", "J40", "J50")
_BATCH, _SINGLE_CONNECTIONS, _BATCH_CONNECTIONS = 500, 8, 2


@dataclass(frozen=True, slots=True)
class Sample:
    """One side of one round: events a second and CPU µs an event."""

    per_second: float
    cpu_us: float = 0.0


Sides = dict[str, Callable[[], Sample]]


class Site:
    """A push server on a database of its own with one registered client, and another database for the plain rows."""

    def __init__(self, bench: Bench, dialect: str) -> None:
        """Start it."""
        self.bench = bench
        self.database, self.plain = bench.fresh(dialect), bench.fresh(dialect)
        self.desk = Desk(self.database)
        environ = environment(PushSettings, self.database)
        self.server: Server = bench.stack.enter_context(
            serve("lookup.web.push.wsgi:application()", environ, apart=True)
        )
        self.numbers = (f"369901{START + timedelta(seconds=n):%y%m%d%H%M%S}01" for n in itertools.count())
        self.copies = itertools.count(1)

    def first_events(self, count: int) -> list[list[dict[str, Any]]]:
        """That many new incidents, one event each."""
        return [[pushing.event(f"{number}-0", subject=number)] for number in self._some(count)]

    def batches(self, count: int) -> list[list[dict[str, Any]]]:
        """Batches of 500 events: a hundred new incidents and their first five steps."""
        return [list(self._steps(self._some(_BATCH // len(STEPS)))) for _ in range(count)]

    def _some(self, count: int) -> list[str]:
        return list(itertools.islice(self.numbers, count))

    def _steps(self, numbers: Sequence[str]) -> Iterator[dict[str, Any]]:
        for minute, state in enumerate(STEPS):
            for number in numbers:
                name = f"{number}-{minute}"
                if minute == 0:
                    yield pushing.event(name, subject=number)
                else:
                    before = STEPS[minute - 1]
                    yield pushing.later(name, state, 14 + minute, subject=number, data__from=before)

    def events(self) -> int:
        """How many events are stored."""
        return pushing.count(self.database, event)

    def push(self, groups: list[list[dict[str, Any]]], connections: int) -> Sample:
        """Sign and send each group as one request; every event must be taken."""
        before = self.events()
        total = sum(map(len, groups))
        sample = self.send(self.signed(groups), connections)
        assert self.events() == before + total
        return Sample(total / sample.result.seconds, sample.cpu_us * len(groups) / total)

    def signed(self, groups: list[list[dict[str, Any]]]) -> list[str]:
        """Each group as one whole signed request; it must be sent before its signature is too old."""
        return [self._message(group) for group in groups]

    def send(self, messages: list[str], connections: int) -> Load:
        """Send each request once; every answer must be a success."""
        return load(self.server, messages, servers(self.database), 0, connections, once=True)

    def _message(self, group: list[dict[str, Any]]) -> str:
        media = EVENT if len(group) == 1 else BATCH
        body = pushing.dump(group[0] if len(group) == 1 else group)
        fields = self.desk.signing().headers("POST", "/v1/events", media, body)
        fields |= {"Host": "localhost", "X-Forwarded-For": "192.0.2.1", "Content-Length": str(len(body))}
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        return f"POST /v1/events HTTP/1.1\r\n{head}\r\n{body.decode()}"

    def insert(self, count: int, incidents: int) -> Sample:
        """Insert copies of rows that pushes have left, `incidents` of them a transaction, by plain SQLAlchemy."""
        groups = [self._copied(incidents) for _ in range(count)]
        events = sum(len(rows) for group in groups for table, rows in group if table is event)
        began = time.perf_counter()
        for group in groups:
            with self.plain.write() as conn:
                for table, rows in group:
                    conn.execute(insert(table), rows)
        return Sample(events / (time.perf_counter() - began))

    def _copied(self, incidents: int) -> list[tuple[Table, list[dict[str, Any]]]]:
        copy = next(self.copies)
        shift = copy * 1_000_000
        with self.database.read() as conn:
            ids = list(conn.execute(select(incident.c.id).order_by(incident.c.id).limit(incidents)).scalars())
            found = {
                table: [dict(row._mapping) for row in conn.execute(select(table).where(column.in_(ids)))]
                for table, column in (
                    (incident, incident.c.id), (second_fact, second_fact.c.incident), (event, event.c.incident)
                )
            }  # fmt: skip
            entries = conn.execute(select(audit_entry).limit(len(found[event])))
            found[audit_entry] = [dict(row._mapping) | {"writer": 1_000_000 + copy} for row in entries]
        for seq, row in enumerate(found[audit_entry], start=1):
            row["seq"] = seq
        for row in found[incident]:
            tail = str(copy).encode()
            row |= {
                "id": row["id"] + shift,
                "number": f"{row['number']}-{copy}",
                "token": row["token"] + tail,
            }
        for row in (*found[second_fact], *found[event]):
            row["incident"] += shift
        for row in found[event]:
            row["id"] = f"{row['id']}-{copy}"
        return list(found.items())


def rows(bench: Bench) -> list[Row]:
    """Single events and batches on both databases; what is promised is promised on PostgreSQL."""
    return [row for dialect in DIALECTS for row in _rows(bench, dialect)]


def _rows(bench: Bench, dialect: str) -> Iterator[Row]:
    site = Site(bench, dialect)
    singles, batches = (200, 4) if bench.quick else (600, 10)
    bench.say(f"push, single events, {dialect}")
    one: Sides = {
        "push": lambda: site.push(site.first_events(singles), _SINGLE_CONNECTIONS),
        "plain": lambda: site.insert(singles, 1),
    }
    yield _row(bench, f"push, single events, {dialect}", one, 300)
    bench.say(f"push, batches of {_BATCH}, {dialect}")
    many: Sides = {
        "push": lambda: site.push(site.batches(batches), _BATCH_CONNECTIONS),
        "plain": lambda: site.insert(batches, _BATCH // len(STEPS)),
    }
    yield _row(bench, f"push, batches of {_BATCH}, {dialect}", many, 3000)


def _row(bench: Bench, name: str, sides: Sides, promised: float) -> Row:
    found = interleaved(sides, bench.rounds)
    rates, bases = ([each.per_second for each in found[side]] for side in sides)
    cpu = statistics.median(each.cpu_us for each in found["push"])
    share = paired(rates, bases)
    return Row(
        name,
        f"{statistics.median(rates):,.0f} events/s",
        f"{statistics.median(bases):,.0f}/s same rows by plain insert (x {share:.2g})",
        statistics.median(rates),
        promised,
        unit="/s",
        cpu=f"{cpu:.0f}",
    )
