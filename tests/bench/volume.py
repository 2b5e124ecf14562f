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

from lookup.ledger.verify_segment import verify_segment
from lookup.services.archive import seal
from lookup.services.contexts import RetentionContext
from lookup.services.log_key import check_ed25519
from lookup.services.tree import inclusion
from lookup.services.verify_files import reader as files_in
from lookup.settings import WorkerSettings
from lookup.storage import entries
from lookup.storage.database import Database
from lookup.storage.entries import Filter, Key
from tests.bench.large_ledger import ATTACKED, KINDS, RARE_KIND, RARE_NET, RETIRED, fill, report
from tests.bench.places import DIALECTS, Bench
from tests.bench.report import Row
from tests.services.test_verify_database import POLICY
from tests.support import contexts, session

_TRIES, _PAGE = 50, 50


def rows(bench: Bench) -> list[Row]:
    """Every row on both databases; what is promised of sizes is measured on PostgreSQL."""
    size = int(os.environ.get("LOOKUP_BENCH_ENTRIES", "100000" if bench.quick else "1000000"))
    found: list[Row] = []
    for dialect in DIALECTS:
        bench.say(f"{dialect}: a ledger of {size:,} entries")
        database = bench.fresh(dialect)
        fill(database, size, bench.say)
        found += [_search(bench, database, dialect, size), _proof(database, dialect, size)]
        found += _bytes(database, size) if dialect == "postgresql" else [_file(database, size)]
        bench.say(f"{dialect}: sealing a segment and verifying it")
        found.append(_archive(bench, database, dialect))
    return found


def _timed(work: Callable[[int], object]) -> float:
    """The median of some calls, in milliseconds; the first ones warm up."""
    times = []
    for number in range(_TRIES + 5):
        began = time.perf_counter()
        work(number)
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times[5:])


def _search(bench: Bench, database: Database, dialect: str, size: int) -> Row:
    """The slowest of the searches, a full page each if there is one; `deep` ones go on from its middle."""
    with database.read() as conn:
        newest = entries.search(conn, Filter(), 1).rows[0]
        oldest = conn.execute(text("SELECT min(ts) FROM audit_entry")).scalar_one()
        actors = [row.actor for row in entries.search(conn, Filter(), 200).rows]
        step = (newest.ts - oldest) // (_TRIES + 5)
        middle = Key(oldest + (newest.ts - oldest) // 2, 0, 0)
        asked: dict[str, Callable[[int], Filter]] = {
            "report": lambda n: Filter(report=report(n)),
            "report of many": lambda _: Filter(report=ATTACKED),
            "actor": lambda n: Filter(actor=actors[n]),
            "actor of many": lambda _: Filter(actor=RETIRED),
            "actor and outcome": lambda n: Filter(actor=RETIRED, outcome=KINDS[n % 6][1]),
            "action and outcome": lambda n: Filter(action=KINDS[n % 6][0], outcome=KINDS[n % 6][1]),
            "no such pair": lambda _: Filter(action="lookup.open", outcome="refused"),
            "action": lambda n: Filter(action=KINDS[n % 6][0]),
            "outcome": lambda n: Filter(outcome=KINDS[n % 6][1]),
            "rare outcome": lambda _: Filter(outcome=RARE_KIND[1]),
            "time": lambda n: Filter(until=newest.ts - n * step),
            "network": lambda n: Filter(net=f"192.0.{n}.0/24"),
            "rare network": lambda _: Filter(net=RARE_NET),
            "network and outcome": lambda n: Filter(net=f"192.0.{n}.0/24", outcome=KINDS[n % 6][1]),
        }
        found: dict[str, float] = {}
        for name, made in asked.items():
            for edge in (None, middle):
                ms = _timed(lambda n, made=made, edge=edge: entries.search(conn, made(n), _PAGE, edge))  # type: ignore[misc]
                found[name if edge is None else f"{name}, deep"] = ms
    bench.notes.append(
        f"searches, {dialect}, ms: {', '.join(f'{name} {ms:.1f}' for name, ms in found.items())}"
    )
    slowest = max(found, key=found.__getitem__)
    return Row(f"slowest of {len(found)} searches at {size:,} entries, {dialect}", f"{found[slowest]:.1f} ms", slowest,
               found[slowest], 50, at_most=True, unit=" ms")  # fmt: skip


def _proof(database: Database, dialect: str, size: int) -> Row:
    chance = random.Random(2)  # noqa: S311 - no secret
    with database.read() as conn:
        ms = _timed(lambda _: inclusion(conn, chance.randrange(size), size))
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
    promised = sum(parts[name] for name in ("audit_entry", "pk_audit_entry", "ix_audit_entry_about"))
    others = sum(parts.values()) - promised
    told = f"heap {parts['audit_entry']:.0f}, other indexes {others:.0f}"
    return [
        Row("bytes an entry with the report index", f"{promised:.0f}", told, promised, 220, at_most=True, unit=" B"),
        Row("bytes an entry in tiles", f"{tiles:.1f}", "", tiles, 40, at_most=True, unit=" B"),
    ]  # fmt: skip


def _file(database: Database, size: int) -> Row:
    with database.read() as conn:
        pages, free, bytes_ = (
            conn.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("page_count", "freelist_count", "page_size")
        )
    each = (pages - free) * bytes_ / size
    return Row("bytes an entry, sqlite", f"{each:.0f}", "the whole file, tiles too", each, unit=" B")


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
