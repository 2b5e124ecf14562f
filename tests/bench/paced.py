"""Lookups at an even pace by several people, as a process of its own: each is timed from when it was due.

`python -m tests.bench.paced` reads {"port", "requests", "per_second", "seconds"} and prints the latencies in ms. A late
answer makes the next one of the same person late too, and that counts.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

PEOPLE = 8


def run(port: int, requests: list[str], per_second: float, seconds: float) -> list[float]:
    """Send the requests in turn for some seconds; every answer must be a success."""
    began = time.perf_counter() + 0.2

    def person(first: int) -> list[float]:
        found: list[float] = []
        connection = socket.create_connection(("127.0.0.1", port))
        for turn in range(first, int(per_second * seconds), PEOPLE):
            due = began + turn / per_second
            time.sleep(max(0.0, due - time.perf_counter()))
            head = _ask(connection, requests[turn % len(requests)].encode())
            found.append((time.perf_counter() - due) * 1000)
            if b"\r\nconnection: close" in head:
                connection.close()
                connection = socket.create_connection(("127.0.0.1", port))
        connection.close()
        return found

    with ThreadPoolExecutor(PEOPLE) as pool:
        return [latency for found in pool.map(person, range(PEOPLE)) for latency in found]


def _ask(connection: socket.socket, request: bytes) -> bytes:
    connection.sendall(request)
    buffer = b""
    while (end := buffer.find(b"\r\n\r\n")) < 0 or len(buffer) < end + 4 + _length(buffer[:end]):
        data = connection.recv(1 << 18)
        if not data:
            raise SystemExit("the server closed the connection")
        buffer += data
    if not buffer.startswith(b"HTTP/1.1 2"):
        raise SystemExit(buffer[:500].decode(errors="replace"))
    return buffer[:end].lower()


def _length(head: bytes) -> int:
    _, _, rest = head.lower().partition(b"\r\ncontent-length:")
    return int(rest.partition(b"\r\n")[0] or 0)


if __name__ == "__main__":
    # People sit elsewhere: that their side waits for these cores too is not the server's.
    with suppress(PermissionError):
        os.nice(-15)
    print(json.dumps(run(**json.load(sys.stdin))))
