"""kill -9 of the whole push server in the middle of a batch: sent again, the batch leaves each event exactly once."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from lookup.client import PushClient, PushError
from lookup.storage.database import open_database
from tests.support import pushing
from tests.support.processes import environment, free_port, running, serving, wait_for
from tests.whole.test_kill import kept, verify
from tests.whole.test_privacy import registered

STEPS = ("J10", "J20", "J30", "J40", "J50")


def batch(number: int) -> list[dict[str, object]]:
    """Thirty incidents with their first five steps, the first steps last."""
    subjects = [f"3699012603020814{number:02}{each:02}" for each in range(30)]
    events = []
    for minute, state in reversed(list(enumerate(STEPS))):
        for subject in subjects:
            name = f"{subject}-{minute}"
            if minute:
                event = pushing.later(name, state, 14 + minute, subject=subject, data__from=STEPS[minute - 1])
            else:
                event = pushing.event(name, subject=subject)
            events.append(event)
    return events


class Source:
    """Sends batch after batch until no answer comes; `sent` counts those it began, `answered` those answered."""

    def __init__(self, url: str, key: str) -> None:
        self.sent = self.answered = 0
        self.first = threading.Event()
        self.thread = threading.Thread(target=self._send, args=(url, key))
        self.thread.start()

    def _send(self, url: str, key: str) -> None:
        with PushClient(url, key, pushing.SEED, pushing.SOURCE, attempts=1) as client:
            try:
                while True:
                    self.sent += 1
                    client.send_batch(batch(self.sent))
                    self.answered += 1
                    self.first.set()
            except PushError:
                self.first.set()


@pytest.mark.xdist_group("processes")
def test_a_batch_cut_by_a_kill_is_sent_again_and_leaves_each_event_once(
    migrated_url: str, tmp_path: Path
) -> None:
    """What was cut is there whole or not at all; after resending everything is there once, each with one entry."""
    key, port = registered(migrated_url), free_port()
    base, environ = f"http://127.0.0.1:{port}", environment(migrated_url, port) | {"LOOKUP_WORKERS": "1"}
    with running(serving("push", port), environ, tmp_path / "push.log") as process:
        wait_for(f"{base}/healthz", process)
        source = Source(base, key)
        source.first.wait(60)
        time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)
        source.thread.join()
    assert source.sent == source.answered + 1 >= 2
    database = open_database(migrated_url)
    assert len(kept(database)[0]) in (150 * source.answered, 150 * source.sent)
    with running(serving("push", port), environ, tmp_path / "push.log") as process:
        wait_for(f"{base}/healthz", process)
        with PushClient(base, key, pushing.SEED, pushing.SOURCE) as client:
            for number in (source.sent, 1):
                assert all(each.taken for each in client.send_batch(batch(number)))
    events, entries = kept(database)
    assert events == {str(each["id"]) for number in range(source.sent) for each in batch(number + 1)}
    assert len(entries) == len(events) == 150 * source.sent
    verify(database, environ)
    database.close()
