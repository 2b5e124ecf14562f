"""What a witness remembers: the last checkpoint it cosigned of each log, in a SQLite file of its own.

Reading it and storing the next one happen under one lock: two requests are never judged against the same state.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from lookup.ledger.checkpoint import Checkpoint

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS seen (origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL)"
)


class Locked:
    """The state while nobody else can change it."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._conn = conn

    def last(self, origin: str) -> Checkpoint | None:
        """Return the last checkpoint cosigned for a log."""
        row = self._conn.execute("SELECT size, root FROM seen WHERE origin = ?", (origin,)).fetchone()
        return None if row is None else Checkpoint(origin, row[0], row[1])

    def store(self, head: Checkpoint) -> None:
        """Remember a checkpoint; it is durable when the lock is given up without an exception."""
        self._conn.execute(
            "INSERT INTO seen VALUES (?, ?, ?) "
            "ON CONFLICT (origin) DO UPDATE SET size = excluded.size, root = excluded.root",
            (head.origin, head.size, head.root),
        )


@contextmanager
def locked(file: Path) -> Iterator[Locked]:
    """Hold the state in `file`, made when it is not there; what was stored is synced to disk at the end."""
    with closing(sqlite3.connect(file, timeout=10, isolation_level=None)) as conn:
        conn.execute("PRAGMA synchronous=FULL")
        conn.execute("BEGIN IMMEDIATE")
        try:
            conn.execute(_SCHEMA)
            yield Locked(conn)
            conn.execute("COMMIT")
        except BaseException:
            if conn.in_transaction:
                conn.execute("ROLLBACK")
            raise
