"""The push surface under its real server: framing that is broken, cut off, endless or slow."""

from __future__ import annotations

import os
import re
import socket
import time
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
