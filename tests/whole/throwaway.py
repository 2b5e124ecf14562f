"""A PostgreSQL of its own that may be killed: real durability, started again on the same data, gone at the end."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg

from tests.support import postgres, session


class Server:
    """One server on a Unix socket in a folder of its own, with fsync and synchronous_commit on."""

    def __init__(self) -> None:
        """Make the data folder; `start` runs it."""
        self._user, self._group = session.unprivileged()
        self._identity = postgres.identity()
        self._programs = postgres.binaries()
        self.home = Path(tempfile.mkdtemp(prefix="lookup-drill-", dir=session.TEMPORARY))
        os.chown(self.home, self._user, self._group)
        postgres.init(self._programs, self.home)
        self.url = f"postgresql+psycopg://postgres@/postgres?host={self.home}"
        self.plain = self.url.replace("+psycopg", "")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers; what a killed one left in memory may hold it up for a moment."""
        deadline = time.monotonic() + 60
        while not self._answers():
            if self._process is None or self._process.poll() is not None:
                self._process = self._run()
            if time.monotonic() > deadline:
                raise TimeoutError((self.home / "log").read_text()[-2000:])
            time.sleep(0.1)

    def _run(self) -> subprocess.Popen[bytes]:
        options = ["-c", "listen_addresses=", "-c", "timezone=UTC", "-c", "max_connections=100"]
        words: list[str | Path] = [
            self._programs / "postgres",
            "-D",
            self.home / "data",
            "-k",
            self.home,
            *options,
        ]
        with (self.home / "log").open("ab") as log:
            return subprocess.Popen(
                words, cwd=self.home, stdout=log, stderr=log, start_new_session=True, **self._identity
            )

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.plain, connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def children(self) -> list[int]:
        """Process ids of its backends and helpers."""
        assert self._process is not None
        pid = self._process.pid
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def kill(self) -> None:
        """kill -9 of the server and of everything that works for it."""
        assert self._process is not None
        doomed = [self._process.pid, *self.children()]
        for pid in doomed:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self._process.wait()

    def kill_backend(self) -> None:
        """kill -9 of one client's backend; the server then restarts all of them from its log."""
        with psycopg.connect(self.plain) as conn:
            query = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            pids = [row[0] for row in conn.execute(query)]
        if pids:
            os.kill(pids[len(pids) // 2], signal.SIGKILL)

    def stop(self) -> None:
        """End it and remove its folder."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(30)
        shutil.rmtree(self.home, ignore_errors=True)
