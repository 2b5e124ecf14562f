"""The push app on a real socket that keeps connections, with faults of choice before or after the app has answered."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.support.pushing import Desk


class Faulty:
    """Fails as `plan` says, one item a request: a status, "cut before" or "cut after"; `seen` counts requests."""

    def __init__(self, desk: Desk) -> None:
        """Stand before the desk's app, without faults."""
        self.desk, self.plan, self.seen = desk, list[str](), 0


def _handler(faulty: Faulty) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing."""

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            faulty.seen += 1
            fault = faulty.plan.pop(0) if faulty.plan else ""
            if fault == "cut before":
                self.close_connection = True
                return
            if fault.isdigit():
                self._answer(int(fault), {"Retry-After": "7"}, b"{}")
                return
            base = f"http://{self.headers['Host']}"
            response = faulty.desk.app.test_client().open(
                self.path, base_url=base, method=self.command, data=body, headers=dict(self.headers)
            )
            if fault == "cut after":
                self.close_connection = True
                return
            self._answer(response.status_code, dict(response.headers), response.data)

        def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in (headers | {"Content-Length": str(len(body))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = _serve

    return Handler


@contextmanager
def served(desk: Desk) -> Iterator[tuple[str, Faulty]]:
    """Address of the desk's app on a loopback port, and the faults in front of it."""
    faulty = Faulty(desk)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(faulty))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", faulty
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
