"""`./run drill [--rounds 20]`: kill -9 of worker, push server, writer, one backend and PostgreSQL itself, under load.

By hand, on a PostgreSQL of its own. After the last round everything that was acknowledged must be in the tree, the
whole log must verify, and nothing may have alarmed. At the end a cancelled wait for a replica must not be acknowledged.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import psycopg

from lookup.client import PushClient, PushError
from lookup.services.integrate import open_sequencer
from lookup.services.verify_database import verify_database
from lookup.storage import entries, migrate
from lookup.storage.database import Database, NotReplicatedError, open_database
from lookup.storage.lanes import append
from tests.services.test_verify_database import POLICY
from tests.storage.test_lanes import DRAFT
from tests.support import contexts, pushing, session
from tests.support.processes import ROOT, environment, free_port, serving
from tests.whole.test_privacy import registered
from tests.whole.throwaway import Server

KINDS = ("worker", "push", "writer", "backend", "server")
WRITER = """
import sys, time
from lookup.storage.database import open_database
from lookup.storage.lanes import append
from tests.storage.test_lanes import DRAFT
from tests.support.contexts import PEN
database = open_database(sys.argv[1], pool=1)
while True:
    try:
        with database.write() as conn:
            places = append(conn, PEN, DRAFT, DRAFT)
    except Exception:
        time.sleep(0.1)
        continue
    print(*places, flush=True)
    time.sleep(0.002)
"""


class Service:
    """Worker, push server and two writers on one database; what dies is started again."""

    def __init__(self, url: str, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.environ = environment(url, self.port) | {"LOOKUP_VERIFY_HOURS": "0"}
        self.words = {
            "worker": ["-m", "lookup", "work"],
            "push": serving("push", self.port),
            "writer": ["-c", WRITER, url],
            "writer2": ["-c", WRITER, url],
        }
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.starts = 0

    def tend(self) -> None:
        """Start what is not running."""
        for name, words in self.words.items():
            process = self.running.get(name)
            if process is not None and process.poll() is None:
                continue
            self.starts += 1
            with (self.folder / f"{name}-{self.starts}.log").open("wb") as out:
                self.running[name] = subprocess.Popen(
                    [sys.executable, *words], env=self.environ, cwd=ROOT, stdout=out,
                    stderr=subprocess.STDOUT if name == "worker" else subprocess.DEVNULL, start_new_session=True,
                )  # fmt: skip

    def kill(self, name: str, number: int = signal.SIGKILL) -> None:
        """Signal a process and everything it started."""
        process = self.running[name]
        if process.poll() is None:
            os.killpg(process.pid, number)
            process.wait(30)

    def told(self) -> set[str]:
        """The places that writers were told; a line cut short by the kill does not count."""
        lines = (
            line
            for file in self.folder.glob("writer*.log")
            for line in file.read_text().rpartition("\n")[0].splitlines()
        )
        return {place for line in lines for place in line.split() if place.count("-") == 1}


class Pushing:
    """A client that pushes first events as long as the drill lasts and remembers the entries it was told."""

    def __init__(self, port: int, key: str) -> None:
        self.entries: set[str] = set()
        self.over = threading.Event()
        self._thread = threading.Thread(target=self._push, args=(f"http://127.0.0.1:{port}", key))
        self._thread.start()

    def _push(self, url: str, key: str) -> None:
        number = 0
        while not self.over.is_set():
            number += 1
            event = pushing.event(
                f"d-{number}", subject=f"36990126030208{number // 10000:02}{number % 10000:04}"
            )
            try:
                with PushClient(url, key, pushing.SEED, pushing.SOURCE, attempts=1) as client:
                    self.entries.add(str(client.send(event).entry))
            except PushError:
                time.sleep(0.1)

    def end(self) -> None:
        """Stop and wait."""
        self.over.set()
        self._thread.join()


def main() -> int:
    """Run the drill; exit 1 when anything was lost, altered or alarmed."""
    parser = argparse.ArgumentParser(prog="./run drill", description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    made = session.open_session()
    server = Server()
    try:
        server.start()
        return drill(server, arguments.rounds, random.Random(arguments.seed))  # noqa: S311 - no secret
    finally:
        server.stop()
        if made is not None:
            session.close_session(made)


def drill(server: Server, rounds: int, chance: random.Random) -> int:
    """Kill one thing a round under load, then judge."""
    key = registered(server.url)
    database = open_database(server.url, pool=4)
    migrate.upgrade(database)
    service, killed = Service(server.url, server.home), Counter[str]()
    pushed = Pushing(service.port, key)
    order = [KINDS[number % len(KINDS)] for number in range(rounds)]
    chance.shuffle(order)
    for number, kind in enumerate(order, 1):
        service.tend()
        time.sleep(chance.uniform(2.0, 4.0))
        print(
            f"round {number}: kill -9 {kind}, {len(service.told()) + len(pushed.entries)} acknowledged",
            flush=True,
        )
        kill(server, service, kind)
        killed[kind] += 1
        server.start()
    service.tend()
    time.sleep(5)
    pushed.end()
    for name in ("writer", "writer2", "push", "worker"):
        service.kill(name, signal.SIGTERM)
    print(", ".join(f"{kind} {count}" for kind, count in sorted(killed.items())))
    return judge(database, service.told() | pushed.entries) | cancelled(server, database)


def kill(server: Server, service: Service, kind: str) -> None:
    """Kill one thing."""
    if kind == "server":
        server.kill()
    elif kind == "backend":
        server.kill_backend()
    else:
        service.kill(kind)


def judge(database: Database, told: set[str]) -> int:
    """Integrate what is left and say what is missing, altered or alarmed."""
    database.engine.dispose()
    sequencer = open_sequencer(contexts.worker(database))
    while sequencer.tick():
        pass
    with database.read() as conn:
        places = [tuple(map(int, place.split("-"))) for place in told]
        lost = [place for place in places if entries.index_of(conn, *place) is None]
    findings = list(verify_database(database, POLICY).lines())
    for line in [*findings, *(f"LOST {place}" for place in lost[:20]), *map(str, sequencer.alarms.values())]:
        print(line)
    counts = f"{len(lost)} lost, {len(findings)} findings, {len(sequencer.alarms)} alarms"
    print(f"{len(told)} acknowledged, {counts}, {sequencer.builder.size} entries")
    return 1 if lost or findings or sequencer.alarms or not told else 0


def cancelled(server: Server, database: Database) -> int:
    """With a replica that does not exist every commit waits; a wait that is cancelled must not be acknowledged."""
    with psycopg.connect(server.plain, autocommit=True) as conn:
        conn.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
        conn.execute("SELECT pg_reload_conf()")
        time.sleep(0.5)
        outcome: list[str] = []
        thread = threading.Thread(target=_write, args=(database, outcome))
        thread.start()
        time.sleep(1)
        conn.execute("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
        thread.join(30)
    print(f"a cancelled wait for the replica: {outcome[0] if outcome else 'still waiting'}")
    return 0 if outcome == ["refused"] else 1


def _write(database: Database, outcome: list[str]) -> None:
    try:
        with database.write() as conn:
            append(conn, contexts.PEN, DRAFT)
    except NotReplicatedError:
        outcome.append("refused")
    else:
        outcome.append("acknowledged")


if __name__ == "__main__":
    sys.exit(main())
