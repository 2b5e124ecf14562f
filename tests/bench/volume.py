"""Rows of a large ledger: searches by index, an inclusion proof, bytes an entry, an archive segment verified.

10^6 entries, 10^5 with --quick; `LOOKUP_BENCH_ENTRIES=10000000 ./run bench volume` by hand.
"""

from __future__ import annotations

import os
import random
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import text

from lookup.ledger.merkle import inclusion_proof
from lookup.ledger.tiles import nodes_from_tiles
from lookup.ledger.verify_segment import verify_segment
from lookup.services.archive import seal
from lookup.services.contexts import RetentionContext
from lookup.services.integrate import open_sequencer
from lookup.services.log_key import check_ed25519
from lookup.services.tree import reader
from lookup.services.verify_files import reader as files_in
from lookup.settings import WorkerSettings
from lookup.storage import entries
from lookup.storage.database import Database
from lookup.storage.entries import Filter
from lookup.storage.lanes import Draft
from tests.bench.places import DIALECTS, Bench
from tests.bench.report import Row
from tests.services.test_verify_database import POLICY
from tests.support import contexts, session
from tests.support.entries import put_many

_BATCH, _ACTORS, _TRIES, _PAGE = 20_000, 2_000, 50, 50
_KINDS = (
    ("lookup.open", "released"), ("lookup.verify", "released"), ("lookup.verify", "refused"),
    ("push.event", "accepted"), ("push.event", "quarantined"), ("console.entries", "released"),
)  # fmt: skip


def rows(bench: Bench) -> list[Row]:
    """Every row on both databases; sizes are measured on PostgreSQL."""
    size = int(os.environ.get("LOOKUP_BENCH_ENTRIES", "100000" if bench.quick else "1000000"))
    found: list[Row] = []
    for dialect in DIALECTS:
        bench.say(f"{dialect}: a ledger of {size:,} entries")
        database = bench.fresh(dialect)
        reports = _fill(database, size)
        found += [_search(database, dialect, size, reports), _proof(database, dialect, size)]
        if dialect == "postgresql":
            found += _bytes(database, size)
        bench.say(f"{dialect}: sealing a segment and verifying it")
        found.append(_archive(bench, database, dialect))
    return found


def _fill(database: Database, size: int) -> list[bytes]:
    """Entries of mixed kinds, about three a report; returns some of the reports."""
    chance = random.Random(1)  # noqa: S311 - no secret
    actors = [chance.randbytes(16) for _ in range(_ACTORS)]
    reports = [chance.randbytes(16) for _ in range(size // 3)]
    for _ in range(size // _BATCH):
        put_many(database, [
            Draft(*chance.choice(_KINDS), chance.choice(actors), chance.choice(reports),
                  f"192.0.{chance.randrange(256)}.0/24", {"tier": "T1"})
            for _ in range(_BATCH)
        ])  # fmt: skip
    sequencer = open_sequencer(contexts.worker(database))
    while sequencer.tick():
        pass
    if database.dialect == "postgresql":
        with database.single() as conn:
            conn.execute(text("VACUUM (ANALYZE)"))
    return reports


def _timed(work: Callable[[int], object]) -> float:
    """The median of some calls, in milliseconds; the first ones warm up."""
    times = []
    for number in range(_TRIES + 5):
        began = time.perf_counter()
        work(number)
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times[5:])


def _search(database: Database, dialect: str, size: int, reports: list[bytes]) -> Row:
    """The slowest of the searches that an index serves, a full page each."""
    with database.read() as conn:
        newest = entries.search(conn, Filter(), 1).rows[0]
        oldest = conn.execute(text("SELECT min(ts) FROM audit_entry")).scalar_one()
        actors = [row.actor for row in entries.search(conn, Filter(), 200).rows]
        step = (newest.ts - oldest) // (_TRIES + 5)
        asked: dict[str, Callable[[int], Filter]] = {
            "report": lambda n: Filter(report=reports[n]),
            "actor": lambda n: Filter(actor=actors[n]),
            "action and outcome": lambda n: Filter(action=_KINDS[n % 6][0], outcome=_KINDS[n % 6][1]),
            "outcome": lambda n: Filter(outcome=_KINDS[n % 6][1]),
            "time": lambda n: Filter(until=newest.ts - n * step),
            "network": lambda n: Filter(net=f"192.0.{n}.0/24"),
        }
        found = {
            name: _timed(lambda n, made=made: entries.search(conn, made(n), _PAGE))  # type: ignore[misc]
            for name, made in asked.items()
        }
    told = ", ".join(f"{name} {ms:.1f}" for name, ms in found.items())
    return Row(f"searches at {size:,} entries, {dialect}", f"{told} ms", "the slowest", max(found.values()), 50,
               at_most=True, unit=" ms")  # fmt: skip


def _proof(database: Database, dialect: str, size: int) -> Row:
    chance = random.Random(2)  # noqa: S311 - no secret
    with database.read() as conn:
        ms = _timed(
            lambda _: inclusion_proof(chance.randrange(size), size, nodes_from_tiles(reader(conn), size))
        )
    name = f"inclusion proof at {size:,} entries, {dialect}"
    return Row(name, f"{ms:.2f} ms", "", ms, 5, at_most=True, unit=" ms")


def _bytes(database: Database, size: int) -> list[Row]:
    with database.read() as conn:
        query = (
            "SELECT relname, pg_table_size(oid) FROM pg_class WHERE relname = 'audit_entry' "
            "UNION SELECT indexrelname, pg_relation_size(indexrelid) FROM pg_stat_user_indexes "
            "WHERE relname = 'audit_entry'"
        )
        parts = {name: bytes_ / size for name, bytes_ in conn.execute(text(query)).all()}
        tiles = conn.execute(text("SELECT pg_total_relation_size('audit_tile')")).scalar_one() / size
    promised = sum(parts[name] for name in ("audit_entry", "pk_audit_entry", "ix_audit_entry_report_ts"))
    others = sum(parts.values()) - promised
    told = f"heap {parts['audit_entry']:.0f}, other indexes {others:.0f}"
    return [
        Row("bytes an entry with the report index", f"{promised:.0f}", told, promised, 220, at_most=True, unit=" B"),
        Row("bytes an entry in tiles", f"{tiles:.1f}", "", tiles, 40, at_most=True, unit=" B"),
    ]  # fmt: skip


def _archive(bench: Bench, database: Database, dialect: str) -> Row:
    """One segment, read from its files; hashes of all entries and the way to the signed root."""
    context = RetentionContext(contexts.settings(WorkerSettings, ""), database, contexts.PEN)
    folder = session.folder() / f"archive-{dialect}"
    made = next(seal(context, POLICY, folder))
    read = files_in(Path(made.location))
    rates = {}
    for deep in (False, True):
        began = time.process_time()
        report = verify_segment(read, POLICY, check_ed25519, deep=deep)
        rates[deep] = (made.hi - made.lo) / (time.process_time() - began)
        assert not report.counts
    bench.notes.append(
        f"archive, {dialect}: {rates[True]:,.0f} entries/CPU s when every entry is read and opened too"
    )
    return Row(f"archive verified, {dialect}", f"{rates[False]:,.0f} entries/CPU s", "400,000/s promised",
               rates[False], 400_000, unit="/s")  # fmt: skip
