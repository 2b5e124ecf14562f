"""kill -9 of citizen workers in the middle of a load: no answer was given without its entry in the ledger."""

from __future__ import annotations

import json
import os
import signal
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.client import HTTPException
from pathlib import Path

import pytest
from sqlalchemy import text

from lookup.storage.database import open_database
from tests.support import contexts
from tests.support.processes import environment, free_port, running, serving, wait_for
from tests.support.reports import PHONE, push_story
from tests.support.waiting import until
from tests.whole.test_kill import children, verify

READERS, ROUNDS = 3, 3


class Readers:
    """Threads that open one report again and again, `told` are the entries named."""

    def __init__(self, base: str, link: str) -> None:
        self.base, self.over = base, threading.Event()
        self.told: list[str] = []
        fact = {"kind": "phone_last4", "phone_last4": PHONE[-4:]}
        pass_: str = self._ask("verifications", {"link": link, "second_fact": fact})["pass"]
        self.threads = [threading.Thread(target=self._read, args=(pass_,)) for _ in range(READERS)]

    def _ask(self, path: str, body: object = None, token: str | None = None) -> dict[str, str]:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"} | (
            {"Authorization": f"Bearer {token}"} if token else {}
        )
        request = urllib.request.Request(f"{self.base}/api/v1/{path}", data, headers)  # noqa: S310 - loopback
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            found: dict[str, str] = json.load(answer)
            return found

    def _read(self, token: str) -> None:
        while not self.over.is_set():
            try:
                answer = self._ask("report", token=token)
            except (OSError, HTTPException, ValueError):
                continue
            self.told.append(answer["entry"])

    @contextmanager
    def reading(self) -> Iterator[None]:
        """While inside, they read."""
        for thread in self.threads:
            thread.start()
        try:
            yield
        finally:
            self.over.set()
            for thread in self.threads:
                thread.join()

    def have(self, count: int) -> bool:
        """Whether so many answers have come."""
        return len(self.told) >= count


@pytest.mark.xdist_group("processes")
def test_a_killed_worker_has_given_no_answer_without_its_entry(migrated_url: str, tmp_path: Path) -> None:
    """Every answer that came is an entry `lookup.open`, released, of the report; and the ledger verifies."""
    database = open_database(migrated_url)
    reference, _ = push_story(contexts.push(database))
    port = free_port()
    environ = environment(migrated_url, port)
    with running(serving("citizen", port), environ, tmp_path / "citizen.log") as process:
        wait_for(f"http://127.0.0.1:{port}/healthz", process)
        readers = Readers(f"http://127.0.0.1:{port}", reference.link)
        with readers.reading():
            for number in range(1, ROUNDS + 1):
                until(partial(readers.have, 20 * number))
                os.kill(until(partial(children, process.pid))[0], signal.SIGKILL)
            until(partial(readers.have, 20 * ROUNDS + 20))
    with database.read() as conn:
        query = text(
            "SELECT writer, seq FROM audit_entry WHERE action = 2 AND outcome = 1 AND report IS NOT NULL"
        )
        opened = {f"{row.writer}-{row.seq}" for row in conn.execute(query)}
    assert len(set(readers.told)) == len(readers.told)
    assert set(readers.told) <= opened
    verify(database, environ)
    database.close()
