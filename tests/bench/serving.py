"""Real gunicorn servers with the settings of deploy/gunicorn.conf.py, and load on them from another process."""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields

from lookup.cli.serve import command
from lookup.settings import PREFIX, Common, Web
from lookup.storage.database import Database
from tests.bench import machine
from tests.bench.client import Job, Result
from tests.bench.places import url_of
from tests.support import contexts, session

WORKERS, THREADS = 2, 8
ONE_HEAP = {"MALLOC_ARENA_MAX": "1"}  # as `lookup serve` sets it
HELLO = "tests.bench.hello:hello()"


@dataclass(frozen=True, slots=True)
class Server:
    """A running gunicorn: process id of its master, loopback port."""

    pid: int
    port: int

    @property
    def workers(self) -> list[int]:
        """Process ids of its workers."""
        return [pid for pid in machine.tree(self.pid) if pid != self.pid]


@dataclass(frozen=True, slots=True)
class Sample:
    """One round of load: what the client saw, and CPU µs an answer of all server processes."""

    result: Result
    cpu_us: float

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return self.result.answers / self.result.seconds


def environment(kind: type[Common], database: Database) -> dict[str, str]:
    """The environment of one program on `database`, with made-up secrets; a surface is behind one proxy."""
    proxies = {"trusted_proxies": 1} if issubclass(kind, Web) else {}
    values = contexts.settings(kind, url_of(database), threads=THREADS, **proxies)
    return {PREFIX + each.name.upper(): _text(getattr(values, each.name)) for each in fields(kind)} | {
        PREFIX + "WORKERS": str(WORKERS)
    }


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, tuple):
        return ",".join(_text(each) for each in value)
    return base64.urlsafe_b64encode(value).decode() if isinstance(value, bytes) else str(value)


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serve(application: str, environ: Mapping[str, str], *, apart: bool = False) -> Iterator[Server]:
    """gunicorn with an application (`module:factory()`), ready to answer; ended afterwards.

    `apart`: as a unit with `CPUWeight=10` would be, which the README advises for the push surface.
    """
    port = free_port()
    with running(command(application, f"127.0.0.1:{port}"), environ, apart=apart) as process:
        until_answered(port, process, "/" if application == HELLO else "/healthz")
        yield Server(process.pid, port)


@contextmanager
def running(
    words: list[str], environ: Mapping[str, str], *, apart: bool = False
) -> Iterator[subprocess.Popen[bytes]]:
    """A process of ours, its output in `servers.log` of the run's folder; ended afterwards."""
    given = {**os.environ, **ONE_HEAP, **{name: value for name, value in environ.items() if value}}
    log = (session.folder() / "servers.log").open("a")
    with log, subprocess.Popen(words, env=given, stdout=log, stderr=log, start_new_session=apart) as process:
        if apart:
            machine.step_back(process.pid)
        try:
            yield process
        finally:
            process.terminate()


def until_answered(port: int, process: subprocess.Popen[bytes], path: str) -> None:
    """Wait for the first answer on a port."""
    deadline = time.monotonic() + 60
    while not _answers(port, path):
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit("the server to measure did not start:\n" + log_tail())
        time.sleep(0.005)


def log_tail() -> str:
    """The end of what the servers wrote."""
    return (session.folder() / "servers.log").read_text()[-2000:]


def _answers(port: int, path: str) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 10) as probe:
            probe.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
            return probe.recv(12).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def load(
    server: Server,
    requests: list[str],
    roots: list[int],
    seconds: float,
    connections: int,
    *,
    once: bool = False,
) -> Sample:
    """Load a server from another process; `roots` are further processes whose CPU counts (the database's)."""
    job = Job(server.port, requests, connections, seconds, once)
    before = machine.cpu_us([server.pid, *roots])
    client = subprocess.run(
        [sys.executable, "-m", "tests.bench.client"],
        input=json.dumps(asdict(job)).encode(),
        stdout=subprocess.PIPE,
        check=True,
    )
    spent = machine.cpu_us([server.pid, *roots]) - before
    result = Result(**json.loads(client.stdout))
    if result.others or not result.answers:
        raise SystemExit(
            f"{result.others} answers were not what was asked for:\n{result.complaint}\n{log_tail()}"
        )
    return Sample(result, spent / result.answers)


def get(path: str, address: str, cookie: str = "", accept: str = "text/html") -> str:
    """The bytes of a GET as a proxy would hand it on."""
    lines = [
        f"GET {path} HTTP/1.1",
        "Host: lookup.test",
        f"X-Forwarded-For: {address}",
        f"Accept: {accept}",
        "Accept-Language: zh-CN,zh;q=0.9",
        "User-Agent: Mozilla/5.0 (bench)",
    ]
    return "\r\n".join([*lines, *([f"Cookie: {cookie}"] if cookie else []), "", ""])
