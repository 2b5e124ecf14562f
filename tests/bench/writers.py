"""Writers of ledger entries as a process of their own, one of several that begin at the same moment.

`python -m tests.bench.writers` reads a job (JSON, one line) and makes one call in each thread, says "ready", reads the
moment to begin (CLOCK_MONOTONIC, seconds, one line) and prints what `drive` measured, its own CPU only.
"""

from __future__ import annotations

import itertools
import json
import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

from sqlalchemy import insert

from lookup.services.note_attempt import note
from lookup.storage.database import Database, open_database
from lookup.storage.lanes import Draft
from lookup.storage.releasing import Wish, release
from lookup.storage.tables import audit_entry
from tests.bench import fill
from tests.bench.in_process import INCIDENTS, drive
from tests.support import contexts

Work = Callable[[int], Callable[[], object]]
_INSERT = insert(audit_entry)


@dataclass(frozen=True, slots=True)
class Job:
    """What `threads` threads do for some seconds; `index` tells the processes of one run apart."""

    url: str
    what: str
    index: int
    threads: int
    seconds: float
    per_second: float = 0


def opening(database: Database, index: int) -> Work:
    """Opened reports, each with its entry, by the path that every citizen's answer takes."""

    def work(thread: int) -> Callable[[], object]:
        turns = itertools.count((index * 37 + thread) * 97)

        def call() -> None:
            token = fill.token_of(next(turns) % INCIDENTS + 1)
            draft = Draft("lookup.open", "released", os.urandom(16), token, "192.0.2.0/24", {"tier": "T1"})
            assert release(database, contexts.PEN, Wish(token, 1, bytes(16), "T1", draft))

        return call

    return work


def refusing(database: Database, _: int) -> Work:
    """Attempts that reached no use case, each from another network: entries alone."""
    context = contexts.citizen(database)

    def work(thread: int) -> Callable[[], object]:
        turns = itertools.count()

        def call() -> None:
            address = f"fd{thread:02x}:{os.getpid() & 0xFFFF:x}:{next(turns) & 0xFFFF:x}::7"
            assert note(context, "lookup.open", "refused", address)

        return call

    return work


def plain(database: Database, index: int) -> Work:
    """The same row by the same library in a transaction of its own: no lane, no seal, nothing read."""

    def work(thread: int) -> Callable[[], object]:
        numbers = itertools.count(1)
        row = {
            "writer": os.getpid() << 16 | index << 8 | thread,
            "ts": 0,
            "action": 2,
            "outcome": 1,
            "actor": bytes(16),
            "net": "192.0.2.0/24",
            "salt": bytes(16),
        }

        def call() -> None:
            with database.write() as conn:
                conn.execute(_INSERT, row | {"seq": next(numbers)})

        return call

    return work


KINDS = {"opened": opening, "refused": refusing, "plain": plain}


def _give_up(told: threading.ExceptHookArgs) -> None:
    sys.excepthook(told.exc_type, told.exc_value or told.exc_type(), told.exc_traceback)
    os._exit(1)  # the others would wait for this thread


def main() -> None:
    """Do one job."""
    threading.excepthook = _give_up
    job = Job(**json.loads(sys.stdin.readline()))
    database = open_database(job.url, pool=job.threads)
    work = KINDS[job.what](database, job.index)

    def warmed(thread: int) -> Callable[[], object]:
        call = work(thread)
        call()
        return call

    def together() -> None:
        print("ready", flush=True)
        time.sleep(max(0.0, float(sys.stdin.readline()) - time.monotonic()))

    print(json.dumps(asdict(drive(warmed, job.threads, job.seconds, [], job.per_second, together))))
    database.close()


if __name__ == "__main__":
    main()
