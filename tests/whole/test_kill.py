"""kill -9 in the middle of a load: nothing acknowledged is lost, nothing was answered without its entry."""

from __future__ import annotations

import os
import signal
import threading
import urllib.request
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text

from lookup.client import PushClient, PushError
from lookup.ledger.policy import Log, Policy
from lookup.services.contexts import WorkerContext
from lookup.services.integrate import open_sequencer
from lookup.services.log_key import LogKey
from lookup.services.verify_database import verify_database
from lookup.settings import WorkerSettings, read
from lookup.storage.database import Database, open_database
from lookup.storage.lanes import SEQUENCER, Pen
from tests.support import pushing
from tests.support.processes import environment, free_port, running, serving, wait_for
from tests.support.waiting import until
from tests.whole.test_privacy import registered


def children(parent: int) -> list[int]:
    """The worker processes of a gunicorn."""
    return [int(each) for each in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def first_event(thread: int, number: int) -> dict[str, object]:
    """The first event of an incident of its own."""
    incident = f"3699012603020814{thread:02}{number:02}"
    return pushing.event(f"e-{thread}-{number}", subject=incident)


class Load:
    """Threads that push first events and remember the answers they were given."""

    def __init__(self, url: str, key: str) -> None:
        self.answers: dict[str, str] = {}
        self.threads = [threading.Thread(target=self._push, args=(url, key, n)) for n in range(6)]

    def _push(self, url: str, key: str, thread: int) -> None:
        with PushClient(url, key, pushing.SEED, pushing.SOURCE, attempts=1) as client:
            for number in range(60):
                event = first_event(thread, number)
                try:
                    sent = client.send(event)
                except PushError:
                    continue
                self.answers[str(event["id"])] = str(sent.entry)

    def has_answers(self, count: int) -> bool:
        """Whether so many were answered."""
        return len(self.answers) >= count

    def run(self, during: Callable[[], None]) -> None:
        """Start the threads, do something meanwhile, wait for the end."""
        for thread in self.threads:
            thread.start()
        during()
        for thread in self.threads:
            thread.join()


def kept(database: Database) -> tuple[set[str], set[str]]:
    """The ids of stored events, and the places of accepted entries."""
    with database.read() as conn:
        events = set(conn.execute(text("SELECT id FROM event")).scalars())
        rows = conn.execute(
            text("SELECT writer, seq FROM audit_entry WHERE action = 20 AND outcome = 5")
        ).all()
    return events, {f"{row.writer}-{row.seq}" for row in rows}


@pytest.mark.xdist_group("processes")
@pytest.mark.parametrize("kind", ["sqlite_url", "postgres_url"])
def test_a_killed_worker_loses_nothing_that_was_acknowledged(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """Each answered push is stored with its entry, no event is stored without one, and the ledger verifies."""
    url: str = request.getfixturevalue(kind)
    key, port = registered(url), free_port()
    environ = environment(url, port)
    with running(serving("push", port), environ, tmp_path / "push.log") as process:
        wait_for(f"http://127.0.0.1:{port}/healthz", process)
        load = Load(f"http://127.0.0.1:{port}", key)
        load.run(lambda: kill_workers(process.pid, load, 3))
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz") as answer:
            assert answer.status == 200
    database = open_database(url)
    events, entries = kept(database)
    assert len(load.answers) > 100
    assert set(load.answers) <= events
    assert set(load.answers.values()) <= entries
    assert len(events) == len(entries)
    verify(database, environ)
    database.close()


def kill_workers(master: int, load: Load, times: int) -> None:
    """kill -9 one worker after another while the load runs: always after some more answers have come."""
    for number in range(1, times + 1):
        until(partial(load.has_answers, 40 * number))
        os.kill(until(partial(children, master))[0], signal.SIGKILL)


def verify(database: Database, environ: dict[str, str]) -> None:
    """Integrate what is there and verify everything."""
    settings = read(WorkerSettings, environ)
    context = WorkerContext(settings, database, Pen(settings.mac_key, kind=SEQUENCER))
    sequencer = open_sequencer(context)
    while sequencer.tick():
        pass
    policy = Policy((Log(LogKey.from_seed(settings.origin, settings.log_key).public),))
    assert list(verify_database(database, policy).lines()) == []
    assert sequencer.alarms == {}
