"""The service as processes: real gunicorn and the real worker on a test's own database."""

from __future__ import annotations

import base64
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError, URLError

from lookup.settings import PREFIX
from tests.support import contexts

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def secrets() -> dict[str, str]:
    """The made-up secrets of `contexts`, as the environment says them."""
    given: dict[str, str] = {"mac_key": _text(contexts.key(1))}
    for values in contexts.KEYS.values():
        given |= {n: _text(value[0] if isinstance(value, tuple) else value) for n, value in values.items()}
    return given


def _text(secret: bytes) -> str:
    return base64.urlsafe_b64encode(secret).decode()


def environment(database_url: str, port: int) -> dict[str, str]:
    """A whole environment for every surface of one service at a loopback port."""
    made = secrets()
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(PREFIX)},
        **{PREFIX + name.upper(): value for name, value in made.items()},
        "LOOKUP_DATABASE_URL": database_url,
        "LOOKUP_ORIGIN": "lookup.test/log1",
        "LOOKUP_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "PYTHONPATH": str(ROOT),
    }


@contextmanager
def running(words: Sequence[str], environ: dict[str, str], output: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process of `python -m lookup …` (or gunicorn) in a group of its own, ended with all its children."""
    with output.open("ab") as file:
        process = subprocess.Popen(
            [sys.executable, *words], env=environ, cwd=ROOT, stdout=file, stderr=file, start_new_session=True
        )
    try:
        yield process
    finally:
        end(process, signal.SIGTERM)


def end(process: subprocess.Popen[bytes], number: int) -> None:
    """Send a signal to the whole group and wait; what does not go is killed."""
    if process.poll() is None:
        os.killpg(process.pid, number)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(20)


def serving(surface: str, port: int) -> list[str]:
    """The words of one surface under gunicorn."""
    return ["-m", "lookup", "serve", surface, "--bind", f"127.0.0.1:{port}"]


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    """Return once `url` answers; fails when the process ends or a minute passes."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the process ended with {process.returncode}")
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - our own loopback address
                return
        except HTTPError:
            return
        except (URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError("the service did not answer")
