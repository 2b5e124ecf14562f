"""Rows of the status answer over HTTP: beside a bare Flask hello, its p99, its memory, its growth with the data."""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable
from functools import partial

from lookup.services.passes import Pass
from lookup.settings import CitizenSettings
from lookup.storage.lanes import now_us
from lookup.web.citizen import create_app, passes
from tests.bench import fill, machine, serving
from tests.bench.places import DIALECTS, Bench, servers
from tests.bench.report import Row, interleaved, paired
from tests.bench.serving import Sample, Server, environment, get, load, serve
from tests.support import contexts

INCIDENTS = 10_000
IN_FLIGHT = 16
ROUTES = {
    "page /report": ("/report", "text/html"),
    "JSON /api/v1/report": ("/api/v1/report", "application/json"),
}
RANDOM = random.SystemRandom()
_REPORTS = 4000
_GREETING = [get("/", "192.0.2.1")]


def rows(bench: Bench) -> list[Row]:
    """The page and the JSON answer on both databases; p99 with 16 in flight; memory of the workers after that."""
    found: list[Row] = []
    hello = bench.stack.enter_context(serve(serving.HELLO, {}))
    for dialect in DIALECTS:
        server = _citizen(bench, dialect, INCIDENTS)
        for name, route in ROUTES.items():
            bench.say(f"status answer, {name}, {dialect}")
            found += _beside_hello(
                bench, f"{name}, {dialect}", hello, _asking(bench, dialect, INCIDENTS, route)
            )
        found.append(_memory(f"memory of a worker after load, {dialect}", server, hello))
    return found


def growth(bench: Bench) -> list[Row]:
    """The JSON answer with few and with many incidents in the database."""
    many = 100_000 if bench.quick else 1_000_000
    return [_growth(bench, dialect, many) for dialect in DIALECTS]


def _citizen(bench: Bench, dialect: str, incidents: int) -> Server:
    key = (dialect, incidents)
    if key not in bench.citizens:
        database = bench.database(dialect, incidents)
        server = bench.stack.enter_context(
            serve("lookup.web.citizen.wsgi:application()", environment(CitizenSettings, database))
        )
        bench.citizens[key] = server
    running: Server = bench.citizens[key]
    return running


def _asking(bench: Bench, dialect: str, incidents: int, route: tuple[str, str]) -> Callable[[], Sample]:
    """One round of load by citizens from many networks, each with a fresh pass for a report of their own."""
    server, database = _citizen(bench, dialect, incidents), bench.database(dialect, incidents)
    app = create_app(contexts.citizen(database))
    path, accept = route

    def ask() -> Sample:
        chosen = RANDOM.sample(range(1, incidents + 1), _REPORTS)
        with app.test_request_context():
            cookies = [f"{passes.cookie_name()}={passes.write(_pass(index))}" for index in chosen]
        asked = [get(path, f"10.{i >> 8}.{i & 255}.7", cookie, accept) for i, cookie in enumerate(cookies)]
        return load(server, asked, servers(database), bench.seconds, IN_FLIGHT)

    return ask


def _pass(index: int) -> Pass:
    return Pass(RANDOM.randbytes(16), fill.token_of(index), 1, "T1", now_us())


def _beside_hello(bench: Bench, name: str, hello: Server, ask: Callable[[], Sample]) -> list[Row]:
    greet = partial(load, hello, _GREETING, [], bench.seconds, IN_FLIGHT)
    sides: dict[str, Callable[[], Sample]] = {"answer": ask, "hello": greet}
    found = interleaved(sides, bench.rounds)
    answers, greetings = found["answer"], found["hello"]
    ratio = paired([s.per_second for s in answers], [s.per_second for s in greetings])
    cpu, least = (statistics.median(s.cpu_us for s in side) for side in (answers, greetings))
    own = statistics.median(s.result.cpu_us / s.result.answers for s in answers + greetings)
    bench.notes.append(
        f"{name}: by CPU alone the ratio is {least / cpu:.2f}; the client took {own:.0f} µs a request"
    )
    p99, p99_hello = (statistics.median(s.result.p99 for s in side) for side in (answers, greetings))
    rate, rate_hello = (statistics.median(s.per_second for s in side) for side in (answers, greetings))
    spent = f"{cpu:.0f} ({least:.0f})"
    return [
        Row(
            f"status answer, {name}",
            f"{rate:,.0f}/s",
            f"{rate_hello:,.0f}/s Flask hello",
            ratio,
            0.2,
            0.35,
            cpu=spent,
        ),
        Row(
            f"p99 with {IN_FLIGHT} in flight, {name}",
            f"{p99:.1f} ms",
            f"{p99_hello:.1f} ms Flask hello",
            p99,
            60,
            at_most=True,
            unit=" ms",
        ),
    ]


def _memory(name: str, server: Server, hello: Server) -> Row:
    pss, rss = (max(sizes) for sizes in zip(*map(machine.memory_mb, server.workers), strict=True))
    bare = max(machine.memory_mb(pid)[1] for pid in hello.workers)
    return Row(
        name,
        f"PSS {pss:.0f}, RSS {rss:.0f} MB",
        f"RSS {bare:.0f} MB Flask hello",
        rss,
        90,
        at_most=True,
        unit=" MB",
    )


def _growth(bench: Bench, dialect: str, many: int) -> Row:
    route = ROUTES["JSON /api/v1/report"]
    sides = {"few": _asking(bench, dialect, INCIDENTS, route), "many": _asking(bench, dialect, many, route)}
    bench.say(f"status answer with {INCIDENTS:,} and {many:,} incidents, {dialect}")
    found = interleaved(sides, bench.rounds)
    few, much = found["few"], found["many"]
    slower = paired([s.per_second for s in few], [s.per_second for s in much])
    cpu, least = (statistics.median(s.cpu_us for s in side) for side in (much, few))
    rate, rate_few = (statistics.median(s.per_second for s in side) for side in (much, few))
    return Row(
        f"times slower with {many:,} incidents, {dialect}",
        f"{rate:,.0f}/s",
        f"{rate_few:,.0f}/s with {INCIDENTS:,}",
        slower,
        1.15,
        at_most=True,
        cpu=f"{cpu:.0f} ({least:.0f})",
    )
