"""A closed-loop HTTP/1.1 load generator: a process of its own, raw sockets, keep-alive, one request in flight each.

`python -m tests.bench.client` reads one JSON job from standard input and prints one JSON result. Standard library
only: what it costs itself (`cpu_us`) is part of what the two cores have to carry, on both sides of a ratio.
"""

from __future__ import annotations

import json
import resource
import selectors
import socket
import sys
import time
from dataclasses import asdict, dataclass, field


@dataclass(slots=True)
class Job:
    """Send `requests` (whole HTTP messages, in turn) over `connections` to a loopback port for some seconds.

    With `once` each request is sent a single time, however long that takes.
    """

    port: int
    requests: list[str]
    connections: int
    seconds: float
    once: bool = False


@dataclass(slots=True)
class Result:
    """What came back: answers with a status of success and others, latencies in ms, seconds run, own CPU in µs,
    the last answer that was no success."""

    answers: int
    others: int
    seconds: float
    p50: float
    p99: float
    worst: float
    cpu_us: int
    complaint: str


@dataclass(slots=True)
class _Connection:
    socket: socket.socket
    sent: bytes = b""
    started: float = 0.0
    buffer: bytearray = field(default_factory=bytearray)


class Load:
    """Drives one job."""

    def __init__(self, job: Job) -> None:
        """Prepare a job; `run` runs it."""
        self.job = job
        self.requests = [text.encode() for text in job.requests]
        self.turn = self.sent = 0
        self.selector = selectors.DefaultSelector()
        self.latencies: list[float] = []
        self.others = 0
        self.complaint = ""

    def run(self) -> Result:
        """Keep every connection busy until the time is over."""
        began = time.perf_counter()
        for _ in range(self.job.connections):
            self._open(b"")
        end = began + self.job.seconds
        while self._unfinished(end):
            for key, _ in self.selector.select(0.1):
                self._read(key.data)
        seconds = time.perf_counter() - began
        times = sorted(self.latencies) or [0.0]
        usage = resource.getrusage(resource.RUSAGE_SELF)
        p50, p99 = (times[int(len(times) * share)] * 1000 for share in (0.5, 0.99))
        own = int((usage.ru_utime + usage.ru_stime) * 1e6)
        return Result(
            len(self.latencies), self.others, seconds, p50, p99, times[-1] * 1000, own, self.complaint
        )

    def _unfinished(self, end: float) -> bool:
        if self.job.once:
            return len(self.latencies) + self.others < len(self.requests)
        return time.perf_counter() < end

    def _open(self, unanswered: bytes) -> None:
        connection = _Connection(socket.create_connection(("127.0.0.1", self.job.port)))
        connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.selector.register(connection.socket, selectors.EVENT_READ, connection)
        self._send(connection, unanswered)

    def _send(self, connection: _Connection, request: bytes = b"") -> None:
        if not request and self.job.once and self.sent == len(self.requests):
            return
        if not request:
            self.sent += 1
            request = self.requests[self.turn]
            self.turn = (self.turn + 1) % len(self.requests)
        connection.sent, connection.started = request, time.perf_counter()
        connection.socket.sendall(request)

    def _read(self, connection: _Connection) -> None:
        try:
            data = connection.socket.recv(1 << 18)
        except ConnectionResetError:
            data = b""
        if not data:  # a worker was renewed: what it did not answer is asked again
            self._close(connection)
            self._open(connection.sent)
            return
        buffer = connection.buffer
        buffer += data
        head = buffer.find(b"\r\n\r\n")
        if head < 0 or len(buffer) < head + 4 + _length(buffer[:head]):
            return
        if buffer.startswith(b"HTTP/1.1 2"):
            self.latencies.append(time.perf_counter() - connection.started)
        else:
            self.others += 1
            self.complaint = buffer[:2000].decode(errors="replace")
        closing = b"\r\nConnection: close" in buffer[: head + 4]
        buffer.clear()
        if closing:
            self._close(connection)
            self._open(b"")
        else:
            self._send(connection)

    def _close(self, connection: _Connection) -> None:
        self.selector.unregister(connection.socket)
        connection.socket.close()


def _length(head: bytearray) -> int:
    _, _, rest = head.lower().partition(b"\r\ncontent-length:")
    return int(rest.partition(b"\r\n")[0] or 0)


if __name__ == "__main__":
    print(json.dumps(asdict(Load(Job(**json.load(sys.stdin))).run())))
