"""A large ledger to measure on: entries of mixed kinds, about three a report, and among them what is hard to find.

All that is hard stands in the older half, far from where a search begins: an actor with a tenth of all entries, a
report with a hundredth, an outcome that came three times, a network seen twice.
"""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

from sqlalchemy import text

from lookup.services.integrate import open_sequencer
from lookup.storage.database import SQLITE_PRAGMAS, Database
from lookup.storage.lanes import Draft
from tests.support import contexts
from tests.support.entries import put_many

KINDS = (
    ("lookup.open", "released"), ("lookup.verify", "released"), ("lookup.verify", "refused"),
    ("push.event", "accepted"), ("push.event", "quarantined"), ("console.entries", "released"),
)  # fmt: skip
RETIRED, ATTACKED, RARE_NET = b"retired.........", b"attacked........", "198.51.100.0/24"
RARE_KIND = ("console.signin", "failed")
_ACTORS, _BATCH = 2_000, 100_000


def report(number: int) -> bytes:
    """The token of a report."""
    return hashlib.blake2b(number.to_bytes(8, "big"), digest_size=16).digest()


def reports(size: int) -> int:
    """How many reports a ledger of `size` entries is about."""
    return size // 3


def fill(database: Database, size: int, say: Callable[[str], None]) -> None:
    """Append `size` entries to an empty ledger and integrate them; minutes for ten million, in bounded memory."""
    made, said = drafts(size), time.monotonic()
    _hurry(database, "PRAGMA cache_size=-1000000", "PRAGMA synchronous=OFF")
    sequencer = open_sequencer(contexts.worker(database))
    for done in range(0, size, _BATCH):
        put_many(database, (next(made) for _ in range(min(_BATCH, size - done))))
        while sequencer.tick():
            pass
        if time.monotonic() - said > 15:
            said = time.monotonic()
            say(f"{database.dialect}: {done + _BATCH:,} of {size:,} entries")
    _hurry(database, *SQLITE_PRAGMAS)
    if database.dialect == "postgresql":
        with database.single() as conn:
            conn.execute(text("VACUUM (ANALYZE)"))


def _hurry(database: Database, *pragmas: str) -> None:
    """Give the one connection to SQLite that fills room for the indexes and no syncs; SQLITE_PRAGMAS take both away."""
    if database.dialect == "sqlite":
        with closing(database.engine.raw_connection()) as conn:
            driver: Any = conn.driver_connection
            for pragma in pragmas:
                driver.execute(pragma)


def drafts(size: int) -> Iterator[Draft]:
    """The entries of a ledger of this size, oldest first; the same ones each time."""
    chance = random.Random(1)  # noqa: S311 - no secret
    actors = [chance.randbytes(16) for _ in range(_ACTORS)]
    half, detail = size // 2, {"tier": "T1"}
    for number in range(size):
        kind, actor, about = (
            chance.choice(KINDS),
            chance.choice(actors),
            report(chance.randrange(reports(size))),
        )
        net = f"192.0.{chance.randrange(256)}.0/24"
        if number < half:
            actor = RETIRED if number % 5 == 0 else actor
            about = ATTACKED if number % 50 == 0 else about
            kind = RARE_KIND if number in (5, half // 2, half - 1) else kind
            net = RARE_NET if number in (7, half - 2) else net
        yield Draft(*kind, actor, about, net, detail)
