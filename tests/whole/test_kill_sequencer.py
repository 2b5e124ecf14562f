"""kill -9 of the sequencing worker and of a writing process, again and again: nothing acknowledged is lost or altered.

The usual run does a few rounds; `LOOKUP_DRILL_ROUNDS=20 ./run test tests/whole/test_kill_sequencer.py` is the drill.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from lookup.services.integrate import open_sequencer
from lookup.services.verify_database import verify_database
from lookup.storage import entries, migrate
from lookup.storage.database import Database, open_database
from tests.services.test_verify_database import POLICY
from tests.support.contexts import worker
from tests.support.processes import ROOT, environment
from tests.support.waiting import until

ROUNDS = int(os.environ.get("LOOKUP_DRILL_ROUNDS", "3"))
WRITER = """
import sys
from lookup.storage.database import open_database
from lookup.storage.lanes import append
from tests.storage.test_lanes import DRAFT
from tests.support.contexts import PEN
database = open_database(sys.argv[1])
while True:
    with database.write() as conn:
        places = append(conn, PEN, DRAFT, DRAFT)
    print(*places, flush=True)
"""


@pytest.mark.xdist_group("processes")
@pytest.mark.parametrize("kind", ["sqlite_url", "postgres_url"])
def test_nothing_acknowledged_is_lost_by_kill_9(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """After every round each place that a writer was told is in the log, and in the end the whole log verifies."""
    url: str = request.getfixturevalue(kind)
    database = open_database(url)
    migrate.upgrade(database)
    told: set[str] = set()
    for number in range(ROUNDS):
        fresh = killed_round(url, database, tmp_path / f"{number}.log", number)
        assert [place for place in fresh if not is_there(database, place)] == []
        told |= fresh
    assert len(told) > ROUNDS
    sequencer = open_sequencer(worker(database))
    while sequencer.tick():
        pass
    assert sequencer.alarms == {}
    assert list(verify_database(database, POLICY).lines()) == []
    with database.read() as conn:
        places = [tuple(map(int, place.split("-"))) for place in told]
        assert all(entries.index_of(conn, *place) is not None for place in places)
    database.close()


def is_there(database: Database, place: str) -> bool:
    """Whether the entry is stored."""
    with database.read() as conn:
        return entries.get(conn, *map(int, place.split("-"))) is not None


def checkpoints(database: Database) -> int:
    """How many checkpoints are stored."""
    with database.read() as conn:
        return int(conn.execute(text("SELECT count(*) FROM audit_checkpoint")).scalar_one())


def killed_round(url: str, database: Database, log: Path, number: int) -> set[str]:
    """Two writers and the worker are killed in random order, all of them at work; what the writers were told."""
    environ = environment(url, 1)
    chance, signed = random.Random(number), checkpoints(database)  # noqa: S311 - no secret
    with log.open("w") as out:
        words = [[sys.executable, "-c", WRITER, url]] * 2 + [[sys.executable, "-m", "lookup", "work"]]
        running = [
            subprocess.Popen(w, env=environ, cwd=ROOT, stdout=out, stderr=subprocess.DEVNULL) for w in words
        ]
        until(lambda: log.read_text().count("\n") > 20 and checkpoints(database) > signed + 1)
        time.sleep(chance.uniform(0.0, 0.5))
        for process in chance.sample(running, len(running)):
            process.send_signal(signal.SIGKILL)
            process.wait()
            time.sleep(chance.uniform(0.0, 0.2))
    whole = log.read_text().rpartition("\n")[0]
    return {place for line in whole.splitlines() for place in line.split() if place.count("-") == 1}
