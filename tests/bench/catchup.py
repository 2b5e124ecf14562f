"""Rows of a source that catches up: what citizens feel of it meanwhile, and whether memory grows with the stream."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain

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
_INCIDENTS, _SLICE_S, _BATCHES, _CONNECTIONS = 1000, 4.0, 160, (2, 8)


@dataclass
class _Seen:
    """Latencies in ms of each slice of time, at rest and during a catch-up, and events taken a second in the latter."""

    connections: int
    rest: list[list[float]] = field(default_factory=list)
    busy: list[list[float]] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)


def rows(bench: Bench) -> list[Row]:
    """The p99 of 50 lookups a second while events are pushed as fast as they are taken, beside that at rest.

    The median of the p99s of many slices of four seconds, on both sides: a disk that stalls for a moment, which it does
    at rest as well, decides one slice and not the row. The p99 of all lookups together stands in a note.
    """
    site = Site(bench, DIALECT)
    fill.fill(site.database, _INCIDENTS)
    citizen = bench.stack.enter_context(
        serve("lookup.web.citizen.wsgi:application()", environment(CitizenSettings, site.database))
    )
    site.push(site.batches(8), 2)
    _lookups(site, citizen)
    seen = [_Seen(count) for count in _CONNECTIONS]
    for _ in range(bench.rounds):
        for each in seen:
            bench.say(f"50 lookups a second at rest, then while {each.connections} connections push")
            messages = site.signed(site.batches(_BATCHES))
            each.rest += [_lookups(site, citizen) for _ in range(2)]
            for latencies, rate in _during(site, citizen, messages, each.connections):
                each.busy.append(latencies)
                each.rates.append(rate)
    bench.notes += map(_note, seen)
    return [_row(each) for each in seen]


def _row(seen: _Seen) -> Row:
    busy, rest = (statistics.median(map(_p99, slices)) for slices in (seen.busy, seen.rest))
    return Row(
        f"p99 of lookups while {seen.connections} connections push, {DIALECT}",
        f"{busy:.1f} ms",
        f"{rest:.1f} ms at rest",
        busy / rest,
        3,
        at_most=True,
    )


def _note(seen: _Seen) -> str:
    busy, rest = (
        f"{_p99(list(chain.from_iterable(slices))):.1f} ms, slices {min(p99s):.1f} to {max(p99s):.1f}"
        for slices in (seen.busy, seen.rest)
        for p99s in [list(map(_p99, slices))]
    )
    rate = statistics.mean(seen.rates)
    return f"{seen.connections} connections, {rate:,.0f} events/s: p99 of all lookups {busy}; at rest {rest}"


def _p99(latencies: list[float]) -> float:
    return sorted(latencies)[int(len(latencies) * 0.99)]


def _during(
    site: Site, citizen: Server, messages: list[str], connections: int
) -> Iterator[tuple[list[float], float]]:
    """Latencies, and events taken a second, of every slice of time that lies wholly within a catch-up."""
    before = site.events()
    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(site.send, messages, connections)
        while site.events() == before and not sending.done():
            time.sleep(0.05)
        before, began = site.events(), time.perf_counter()
        while not sending.done():
            latencies = _lookups(site, citizen)
            after, ended = site.events(), time.perf_counter()
            if not sending.done():
                yield latencies, (after - before) / (ended - began)
            before, began = after, ended
        sending.result()


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
        rates.append(site.push(site.batches(step // 500), 2).per_second)
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
