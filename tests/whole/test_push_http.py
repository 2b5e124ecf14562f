"""The push surface under its real server: framing that is broken, cut off, endless or slow."""

from __future__ import annotations

import json
import os
import re
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from io import BufferedReader
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.support import databases
from tests.support.processes import environment, free_port, running, serving, wait_for
from tests.support.pushing import EVENT, SOURCE, Signing, dump, event
from tests.whole.test_kill import children
from tests.whole.test_privacy import registered


class Wire:
    """Raw requests to a served push surface."""

    def __init__(self, port: int, key: str) -> None:
        self.port, self.key = port, key

    def head(self, body: bytes, *framing: str) -> bytes:
        """The head of a signed POST with these framing fields."""
        how = Signing(self.key, authority=f"127.0.0.1:{self.port}")
        fields = how.headers("POST", "/v1/events", EVENT, body)
        lines = ["POST /v1/events HTTP/1.1", f"Host: 127.0.0.1:{self.port}", "Connection: close"]
        return "\r\n".join([*lines, *(f"{n}: {v}" for n, v in fields.items()), *framing, "", ""]).encode()

    def kept(self, sent: bytes, behind: bytes) -> list[tuple[int, bytes]]:
        """Status and body of each answer on one connection to `sent`, then to `behind`, sent once that was answered."""
        found = []
        with (
            socket.create_connection(("127.0.0.1", self.port), timeout=30) as opened,
            opened.makefile("rb") as answers,
        ):
            for part in (sent, behind):
                try:
                    opened.sendall(part)
                    found += list(answer(answers))
                except OSError:
                    break
            with suppress(OSError):
                opened.shutdown(socket.SHUT_WR)
                found += list(answer(answers))
        return found

    def ask(self, *parts: bytes, pause: float = 0.0) -> tuple[int, bytes]:
        """Send the parts and return status and rest of the answer; 0 when there is none."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as opened:
            try:
                for part in parts:
                    opened.sendall(part)
                    time.sleep(pause)
                opened.shutdown(socket.SHUT_WR)
                answer = b"".join(iter(lambda: opened.recv(65_536), b""))
            except OSError:
                return 0, b""
        found = re.match(rb"HTTP/1\.1 (\d+)", answer)
        return int(found.group(1)) if found else 0, answer


def chunks(body: bytes) -> bytes:
    """A body as one chunk."""
    return b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)


def answer(answers: BufferedReader) -> Iterator[tuple[int, bytes]]:
    """The next answer on a connection, if there is one."""
    status = answers.readline()
    if status:
        head = b"".join(iter(answers.readline, b"\r\n")).lower()
        [length] = re.findall(rb"content-length: (\d+)", head)
        yield int(status.split()[1]), answers.read(int(length))


def numbered(number: int) -> bytes:
    """A first event of an incident of its own."""
    return dump(event(f"h-{number}", subject=f"369901260302081405{number:02}"))


@pytest.mark.xdist_group("processes")
def test_broken_framing_is_the_clients_fault_and_loses_nothing(migrated_url: str, tmp_path: Path) -> None:
    """Never a 5xx; what is whole is taken; what is cut off is taken when it is sent again; the service goes on."""
    key, port = registered(migrated_url), free_port()
    environ = environment(migrated_url, port) | {"LOOKUP_WORKERS": "1"}
    with running(serving("push", port), environ, tmp_path / "push.log") as process:
        wait_for(f"http://127.0.0.1:{port}/healthz", process)
        assert {os.getpriority(os.PRIO_PROCESS, each) for each in children(process.pid)} == {
            min(os.getpriority(os.PRIO_PROCESS, process.pid) + 10, 19)
        }, "citizens go first where both want a core"
        assert {os.sched_getscheduler(each) for each in children(process.pid)} == {os.SCHED_BATCH}
        wire, body = Wire(port, key), numbered(1)
        chunked = "Transfer-Encoding: chunked"
        length = f"Content-Length: {len(body)}"
        assert wire.ask(wire.head(body, chunked), chunks(body))[0] == 200
        lost = numbered(2)
        status, answer = wire.ask(wire.head(lost, chunked), b"zz\r\n" + lost)
        assert (status, b"push:bad-request" in answer) == (400, True)
        assert wire.ask(wire.head(lost, chunked), b"5\r\n{")[0] in (0, 400, 401)
        assert wire.ask(wire.head(lost, length), lost[:20])[0] in (0, 400, 401)
        assert wire.ask(wire.head(lost, length, chunked), chunks(lost))[0] == 400
        assert wire.ask(wire.head(lost, "Content-Length: -1"), lost)[0] == 400
        assert wire.ask(wire.head(lost, "Content-Length: 5", "Content-Length: 6"), lost)[0] == 400
        assert wire.ask(wire.head(lost, "Content-Length: 99999999999"))[0] == 413
        huge = b" " * (4 * 1024 * 1024 + 1)
        assert wire.ask(wire.head(huge, chunked), chunks(huge))[0] in (0, 413)
        assert (
            wire.ask(wire.head(lost, f"Content-Length: {len(lost)}", "Signature: sig1=:AAAA:"), lost)[0]
            == 401
        )
        slow = [bytes([byte]) for byte in lost[:40]] + [lost[40:]]
        assert wire.ask(wire.head(lost, f"Content-Length: {len(lost)}"), *slow, pause=0.005)[0] == 200
    with databases.opened(migrated_url) as database, database.read() as conn:
        query = text("SELECT id FROM event WHERE source = :source ORDER BY id")
        assert list(conn.execute(query, {"source": SOURCE}).scalars()) == ["h-1", "h-2"]


UNSIGNED = "POST /v1/events HTTP/1.1\r\nHost: x\r\n{}\r\n\r\n"
HIDDEN = b"GET /v1/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n"
BEHIND = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.mark.xdist_group("processes")
def test_a_body_that_was_not_read_is_no_request(sqlite_url: str, tmp_path: Path) -> None:
    """Behind an answer that came before the body the next request on the connection is found, or there is none."""
    registered(sqlite_url)
    port = free_port()
    environ = environment(sqlite_url, port) | {"LOOKUP_WORKERS": "1"}
    with running(serving("push", port), environ, tmp_path / "push.log") as process:
        wait_for(f"http://127.0.0.1:{port}/healthz", process)
        wire = Wire(port, "")
        for size in (0, 1, 100, 40_000, 80_000, 4 * 1024 * 1024 // len(HIDDEN)):
            body = HIDDEN * size
            for framing, framed in (
                (f"Content-Length: {len(body)}", body),
                ("Transfer-Encoding: chunked", chunks(body) if body else b"0\r\n\r\n"),
            ):
                whole = UNSIGNED.format(framing).encode() + framed
                for sent, behind in ((whole, BEHIND), (whole + BEHIND, b"")):
                    first, *more = wire.kept(sent, behind)
                    assert (first[0], b"signature-missing" in first[1]) == (401, True)
                    assert [(status, json.loads(text)) for status, text in more] == [(200, {"status": "ok"})]
        endless = HIDDEN * (5 * 1024 * 1024 // len(HIDDEN))
        told = wire.kept(UNSIGNED.format(f"Content-Length: {len(endless)}").encode() + endless, BEHIND)
        assert {status for status, _ in told} <= {401}
        broken = UNSIGNED.format("Transfer-Encoding: chunked").encode() + b"zz\r\n" + HIDDEN
        assert [status for status, _ in wire.kept(broken, BEHIND)] == [401]
