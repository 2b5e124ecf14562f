"""The row of starting: from the command to the first answered request, Python's own start included."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Mapping

from lookup.cli.serve import command
from lookup.settings import CitizenSettings
from tests.bench.places import DIALECTS, Bench
from tests.bench.report import Row, interleaved
from tests.bench.serving import HELLO, environment, free_port, running, until_answered


def rows(bench: Bench) -> list[Row]:
    """`lookup serve citizen` on both databases, beside gunicorn with a bare Flask hello."""
    return [_row(bench, dialect) for dialect in DIALECTS]


def _row(bench: Bench, dialect: str) -> Row:
    environ = environment(CitizenSettings, bench.database(dialect, 10_000))
    bench.say(f"starting the citizen surface, {dialect}")

    def citizen(bind: str) -> list[str]:
        return [sys.executable, "-m", "lookup.cli.main", "serve", "citizen", "--bind", bind]

    sides = {
        "citizen": lambda: _start(citizen, environ, "/healthz"),
        "hello": lambda: _start(lambda bind: command(HELLO, bind), {}, "/"),
    }
    found = interleaved(sides, bench.rounds)
    seconds, least = (statistics.median(found[side]) for side in sides)
    return Row(
        f"command to first answer, {dialect}",
        f"{seconds:.2f} s",
        f"{least:.2f} s Flask hello",
        seconds,
        2,
        at_most=True,
        unit=" s",
    )


def _start(words: Callable[[str], list[str]], environ: Mapping[str, str], path: str) -> float:
    port = free_port()
    began = time.perf_counter()
    with running(words(f"127.0.0.1:{port}"), environ) as process:
        until_answered(port, process, path)
        return time.perf_counter() - began
