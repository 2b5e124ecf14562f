"""The demo's processes: the web server and the background worker. Started, watched and ended together."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from lookup.cli import serve
from lookup.cli.demo_home import DemoError

ROOT = Path(__file__).parents[2]
APPLICATION = "lookup.web.apps:Together()"
BOOT_S, STOP_S = 60.0, 25.0  # longer than gunicorn itself lets a request finish
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
HOST = "127.0.0.1"


def port_is_free(port: int) -> bool:
    """Say whether a server can listen on a loopback port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def heed_one_signal() -> None:
    """Let the first Ctrl-C, SIGTERM or SIGHUP raise KeyboardInterrupt; later ones must not disturb the stopping."""

    def interrupt(*_: object) -> None:
        _ignore_signals()
        raise KeyboardInterrupt

    for number in ENDING:
        signal.signal(number, interrupt)


def _ignore_signals() -> None:
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)


class Children:
    """A context manager: everything started in it has ended when it is left, whatever happened."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        """Remember with which settings to start and which file takes what the processes say."""
        path = [str(ROOT), *filter(None, [environment.get("PYTHONPATH")])]
        self._environment = environment | {"PYTHONPATH": os.pathsep.join(path)}
        self._log = log
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Children:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, port: int) -> None:
        """Start the server and return when it answers, then the worker. DemoError when that can not be.

        They get a new log, and sessions of their own, so that Ctrl-C comes to this process alone.
        """
        self._log.unlink(missing_ok=True)
        self._start("web", serve.command(APPLICATION, f"{HOST}:{port}"))
        self._wait_until_answering(port)
        self._start("worker", [sys.executable, "-P", "-m", "lookup.cli.main", "work"])

    def _start(self, name: str, words: list[str]) -> None:
        handle = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with open(handle, "ab") as log:
            self._running[name] = subprocess.Popen(  # noqa: S603 - the words are ours, no shell is involved
                words, env=self._environment, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    def _wait_until_answering(self, port: int) -> None:
        """Return when the server answers; DemoError when it ends or takes too long."""
        until = time.monotonic() + BOOT_S
        while not _answers(port):
            self.check()
            if time.monotonic() > until:
                raise DemoError(f"服务没有启动 / the server does not answer. {self._last_words()}")
            time.sleep(0.05)

    def check(self) -> None:
        """Raise DemoError when a process has ended by itself."""
        for name, child in self._running.items():
            if child.poll() is not None:
                raise DemoError(
                    f"进程 {name} 意外结束（{child.returncode}），其余已停止 / {name} ended, the rest was stopped. "
                    + self._last_words()
                )

    def watch(self) -> None:
        """Stay until a process ends by itself; raises DemoError."""
        while True:
            self.check()
            time.sleep(0.5)

    def stop(self) -> None:
        """End every process: politely, and those that do not listen for good. No signal disturbs it."""
        _ignore_signals()
        for child in self._running.values():
            if child.poll() is None:
                child.terminate()
        until = time.monotonic() + STOP_S
        for child in self._running.values():
            try:
                child.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
        self._running.clear()

    def _last_words(self) -> str:
        lines = (
            self._log.read_text(encoding="utf-8", errors="replace").splitlines() if self._log.exists() else []
        )
        return "\n".join([f"详见 / see {self._log}", *lines[-8:]])


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
