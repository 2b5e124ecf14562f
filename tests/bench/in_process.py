"""Rows measured in this process: opening a report through the service, beside a bare durable insert by the driver."""

from __future__ import annotations

import fcntl
import itertools
import os
import sqlite3
import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg

from lookup.services.open_report import Opened, open_report
from lookup.services.passes import Pass
from lookup.storage.database import Database
from tests.bench import fill, machine
from tests.bench.places import DIALECTS, Bench, servers, url_of
from tests.bench.report import Row, interleaved, paired
from tests.support import contexts

INCIDENTS = 10_000


@dataclass(frozen=True, slots=True)
class Sample:
    """One side of one round."""

    per_second: float
    cpu_us: float
    p99_ms: float


def drive(
    work: Callable[[int], Callable[[], object]],
    threads: int,
    seconds: float,
    roots: list[int],
    per_second: float = 0,
    together: Callable[[], None] | None = None,
) -> Sample:
    """Call what `work(thread)` returns in each thread until the time is over.

    With `per_second` all threads together begin that many calls a second, each at its own moment; a call that begins
    late for want of a free thread has waited since then. `together` is called once, when every thread is ready, and
    returns at the moment to begin.
    """
    times: list[list[float]] = [[] for _ in range(threads)]
    ready = threading.Barrier(threads + 1, together)
    over = threading.Event()

    def loop(index: int) -> None:
        call, mine = work(index), times[index]
        ready.wait()
        began = time.perf_counter() + index / (per_second or 1)
        while not over.is_set():
            if per_second:
                time.sleep(max(0.0, began - time.perf_counter()))
            else:
                began = time.perf_counter()
            call()
            mine.append(time.perf_counter() - began)
            began += threads / per_second if per_second else 0

    running = [threading.Thread(target=loop, args=(index,)) for index in range(threads)]
    for thread in running:
        thread.start()
    ready.wait()
    before, began = machine.cpu_us([os.getpid(), *roots]), time.perf_counter()
    time.sleep(seconds)
    over.set()
    for thread in running:
        thread.join()
    spent, took = machine.cpu_us([os.getpid(), *roots]) - before, time.perf_counter() - began
    every = sorted(itertools.chain.from_iterable(times))
    return Sample(len(every) / took, spent / len(every), every[int(len(every) * 0.99)] * 1000)


def rows(bench: Bench) -> list[Row]:
    """`open_report` on both databases with 1, 4 and 16 threads."""
    return [_row(bench, dialect, threads) for dialect in DIALECTS for threads in (1, 4, 16)]


def _row(bench: Bench, dialect: str, threads: int) -> Row:
    database = bench.database(dialect, INCIDENTS)
    bench.say(f"open_report in one process, {dialect}, {threads} threads")
    roots = servers(database)
    sides = {
        "open": lambda: drive(lambda i: _open(database, i), threads, bench.seconds, roots),
        "bare": lambda: drive(lambda i: bare_insert(database), threads, bench.seconds, roots),
    }
    found = interleaved(sides, bench.rounds)
    opened, bare = ([s.per_second for s in found[name]] for name in sides)
    cpu = [statistics.median(s.cpu_us for s in found[name]) for name in sides]
    p99 = statistics.median(s.p99_ms for s in found["open"])
    return Row(
        f"open_report in one process, {threads} threads, {dialect}",
        f"{statistics.median(opened):,.0f}/s, p99 {p99:.1f} ms",
        f"{statistics.median(bare):,.0f}/s bare one-row insert by the driver",
        paired(opened, bare),
        cpu=f"{cpu[0]:.0f} ({cpu[1]:.0f})",
    )


def _open(database: Database, index: int) -> Callable[[], None]:
    context = contexts.citizen(database)
    turns = itertools.count(index * 97)

    def call() -> None:
        number = next(turns) % INCIDENTS + 1
        answer = open_report(context, Pass(bytes(16), fill.token_of(number), 1, "T1", 0), "192.0.2.7")
        assert isinstance(answer, Opened)

    return call


def bare_insert(database: Database) -> Callable[[], None]:
    """A call that makes one row of the size of an entry durable, by the driver alone, in a table of its own."""
    row = ("x" * 134,)
    if database.dialect == "postgresql":
        plain = url_of(database).replace("+psycopg", "")
        server: Any = psycopg.connect(plain, autocommit=True)
        server.execute("CREATE TABLE IF NOT EXISTS bare (id bigserial PRIMARY KEY, body text)")
        return lambda: server.execute("INSERT INTO bare (body) VALUES (%s)", row)
    path = str(database.engine.url.database)
    file = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "wal_autocheckpoint=2000"):
        file.execute(f"PRAGMA {pragma}")
    queue = os.open(path + ".queue", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(queue, fcntl.LOCK_EX)
    file.execute("CREATE TABLE IF NOT EXISTS bare (id integer PRIMARY KEY, body text)")
    fcntl.flock(queue, fcntl.LOCK_UN)

    def insert() -> None:
        fcntl.flock(queue, fcntl.LOCK_EX)
        file.execute("INSERT INTO bare (body) VALUES (?)", row)
        fcntl.flock(queue, fcntl.LOCK_UN)

    return insert
