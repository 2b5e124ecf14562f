"""Rows of a source that catches up: what citizens feel of it meanwhile, and whether memory grows with the stream."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator

from lookup.services.passes import Pass
from lookup.settings import CitizenSettings
from lookup.storage.lanes import now_us
from lookup.web.citizen import create_app, passes
from tests.bench import fill, machine
from tests.bench.places import Bench
from tests.bench.pushes import Site
from tests.bench.report import Row
from tests.bench.serving import Server, environment, get, serve
from tests.support import contexts

DIALECT = "postgresql"
PER_SECOND = 50.0
_INCIDENTS, _SLICE_S, _CONNECTIONS = 1000, 4.0, 2


def rows(bench: Bench) -> list[Row]:
    """The p99 of 50 lookups a second while events are pushed as fast as they are taken, beside that at rest."""
    site = Site(bench, DIALECT)
    fill.fill(site.database, _INCIDENTS)
    citizen = bench.stack.enter_context(
        serve("lookup.web.citizen.wsgi:application()", environment(CitizenSettings, site.database))
    )
    site.push(site.batches(8), _CONNECTIONS)
    idle: list[float] = []
    busy: list[float] = []
    taken = pushed_s = 0.0
    for _ in range(bench.rounds):
        bench.say("50 lookups a second at rest, then during a catch-up")
        idle += _lookups(site, citizen)
        for latencies, rate in _during(site, citizen, 240 if bench.quick else 480):
            busy += latencies
            taken += rate * _SLICE_S
            pushed_s += _SLICE_S
    p99, rest = (sorted(each)[int(len(each) * 0.99)] for each in (busy, idle))
    bench.notes.append(f"catch-up: {taken / max(pushed_s, 1):,.0f} events/s were taken meanwhile")
    return [
        Row(
            f"p99 of lookups during a catch-up, {DIALECT}",
            f"{p99:.1f} ms",
            f"{rest:.1f} ms at rest",
            p99 / rest,
            3,
            at_most=True,
        )
    ]


def _during(site: Site, citizen: Server, batches: int) -> Iterator[tuple[list[float], float]]:
    """Latencies, and events taken a second, of every slice of time that lies wholly within a catch-up."""
    thread = threading.Thread(target=site.push, args=(site.batches(batches), _CONNECTIONS))
    before = site.events()
    thread.start()
    while thread.is_alive():
        latencies = _lookups(site, citizen)
        after = site.events()
        if thread.is_alive() and after > before:
            yield latencies, (after - before) / _SLICE_S
        before = after
    thread.join()


def _lookups(site: Site, citizen: Server) -> list[float]:
    app = create_app(contexts.citizen(site.database))
    with app.test_request_context():
        cookies = [f"{passes.cookie_name()}={passes.write(_pass(index))}" for index in range(1, 201)]
    asked = [get("/report", f"10.0.{index}.7", cookie) for index, cookie in enumerate(cookies)]
    job = {"port": citizen.port, "requests": asked, "per_second": PER_SECOND, "seconds": _SLICE_S}
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.paced"],
        input=json.dumps(job).encode(),
        stdout=subprocess.PIPE,
        check=True,
    )
    latencies: list[float] = json.loads(done.stdout)
    return latencies


def _pass(index: int) -> Pass:
    return Pass(index.to_bytes(16, "big"), fill.token_of(index), 1, "T1", now_us())


def stream(bench: Bench) -> list[Row]:
    """How much the workers grow over a long stream of batches; run it by name, it takes many minutes."""
    total, step = (200_000, 20_000) if bench.quick else (1_000_000, 100_000)
    site = Site(bench, DIALECT)
    sizes: list[tuple[int, float]] = []
    rates: list[float] = []
    while not sizes or sizes[-1][0] < total:
        rates.append(site.push(site.batches(step // 500), _CONNECTIONS).per_second)
        rss = max(machine.memory_mb(pid)[1] for pid in site.server.workers)
        sizes.append(((sizes[-1][0] if sizes else 0) + step, rss))
        bench.say(f"stream: {sizes[-1][0]:,} events, {rates[-1]:,.0f}/s, largest worker {rss:.1f} MB")
    first, last = sizes[len(sizes) // 5], sizes[-1]
    slope = (last[1] - first[1]) / (last[0] - first[0]) * 1_000_000
    return [
        Row(
            f"growth of a worker over {total:,} events, {DIALECT}",
            f"RSS {last[1]:.1f} MB",
            f"{first[1]:.1f} MB after {first[0]:,}",
            slope,
            5,
            at_most=True,
            unit=" MB/million",
        ),
        Row(
            f"last tenth of the stream, {DIALECT}",
            f"{rates[-1]:,.0f} events/s",
            f"{rates[0]:,.0f}/s in the first",
            rates[-1] / rates[0],
        ),
    ]
