"""The push app on a real socket that keeps connections, with faults of choice before or after the app has answered."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.support.pushing import Desk


class Faulty:
    """Fails as `plan` says, one item a request; `seen` counts requests.

    A status (with Retry-After 7, or what follows it after a space), "cut before" or "cut after" the app has answered,
    "cut amid" its answer, "page" and a status for what a proxy would answer, or "hang".
    """

    def __init__(self, desk: Desk) -> None:
        """Stand before the desk's app, without faults."""
        self.desk, self.plan, self.seen = desk, list[str](), 0


class Handler(BaseHTTPRequestHandler):
    """Answers for the desk behind `faulty`, or not."""

    protocol_version = "HTTP/1.1"
    faulty: Faulty

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.faulty.seen += 1
        fault = self.faulty.plan.pop(0) if self.faulty.plan else ""
        status, _, until = fault.partition(" ")
        if status.isdigit():
            self._answer(int(status), {"Retry-After": until or "7"}, b"{}")
            return
        if status == "page":
            self._answer(int(until), {"Content-Type": "text/html"}, b"<html>not here</html>")
            return
        if status in ("cut", "hang"):
            self.close_connection = True
        if status == "hang":
            self.rfile.read(1)  # until the client goes away
        elif fault != "cut before":
            self._pass_on(body, fault)

    def _pass_on(self, body: bytes, fault: str) -> None:
        base = f"http://{self.headers['Host']}"
        response = self.faulty.desk.app.test_client().open(
            self.path, base_url=base, method=self.command, data=body, headers=dict(self.headers)
        )
        if fault != "cut after":
            torn = fault == "cut amid"
            self._answer(response.status_code, dict(response.headers), response.data, torn)

    def _answer(self, status: int, headers: dict[str, str], body: bytes, torn: bool = False) -> None:
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if torn else body)

    do_GET = do_POST = _serve


@contextmanager
def served(desk: Desk) -> Iterator[tuple[str, Faulty]]:
    """Address of the desk's app on a loopback port, and the faults in front of it."""
    faulty = Faulty(desk)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Faults", (Handler,), {"faulty": faulty}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", faulty
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
