"""Rows of the ledger: verification, the sequencer's drain, entries beside pgbench."""

from __future__ import annotations

import hashlib
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import text

from lookup.ledger.policy import Log, Policy
from lookup.services.integrate import open_sequencer
from lookup.services.log_key import LogKey
from lookup.services.verify_database import verify_database
from lookup.storage.database import Database
from lookup.storage.lanes import Draft, append
from tests.bench import entries
from tests.bench.places import DIALECTS, Bench
from tests.bench.report import Row, interleaved, paired
from tests.support import contexts

_BATCH = 500
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
        size = 20_000 if bench.quick else 200_000
        bench.say(f"{dialect}: a ledger of {size:,} entries")
        for _ in range(size // _BATCH):
            with database.write() as conn:
                append(conn, contexts.PEN, *drafts(_BATCH))
        found.append(_drain(database, dialect, size))
        bench.say(f"{dialect}: verifying it")
        found.append(_verify(bench, database, dialect, size))
        found += entries.rows(bench, dialect)
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
