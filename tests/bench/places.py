"""Where a bench run lives: one folder on a real disk, a PostgreSQL with fsync, databases made when first asked for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import psycopg
from sqlalchemy import make_url

from lookup.storage.database import Database, open_database
from tests.bench import machine
from tests.bench.fill import fill
from tests.support import databases, postgres, session

DIALECTS = ("sqlite", "postgresql")
_SERVER = {
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "min_wal_size": "2GB",
    "checkpoint_timeout": "30min",
}
_NOT_A_DISK = {"tmpfs", "ramfs"}


@dataclass
class Bench:
    """One run: how thorough it is and the databases it has made so far, by (dialect, incidents)."""

    quick: bool
    stack: ExitStack
    opened: dict[tuple[str, int], Database] = field(default_factory=dict)
    citizens: dict[tuple[str, int], Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def rounds(self) -> int:
        """How many rounds count (one more warms up)."""
        return 3 if self.quick else 7

    @property
    def seconds(self) -> float:
        """How long one side of one round runs."""
        return 1.5 if self.quick else 3.0

    def say(self, text: str) -> None:
        """Tell whoever waits what is going on."""
        print(f"· {text}", flush=True)

    def database(self, dialect: str, incidents: int) -> Database:
        """A migrated database with this many incidents; the same one each time."""
        key = (dialect, incidents)
        if key not in self.opened:
            self.say(f"{dialect}: making a database with {incidents:,} incidents")
            self.opened[key] = self.fresh(dialect)
            if incidents:
                fill(self.opened[key], incidents)
        return self.opened[key]

    def fresh(self, dialect: str) -> Database:
        """A migrated, empty database of its own."""
        if dialect == "sqlite":
            folder = session.folder() / f"sqlite-{len(os.listdir(session.folder()))}"
            folder.mkdir()
            url = self.stack.enter_context(databases.migrated_sqlite(folder))
        else:
            url = self.stack.enter_context(databases.migrated_postgres(server()))
        database = open_database(url, pool=40)
        self.stack.callback(database.close)
        return database


@cache
def server() -> str:
    """The URL of this run's PostgreSQL, with the durability of a production server that has run for a while."""
    url = postgres.server_url(**_SERVER)
    if "TEST_DATABASE_URL" not in os.environ:
        _season(url)
    return url


def _season(url: str) -> None:
    """Make the log segments up to `min_wal_size`, which the server uses again and again from then on.

    A new one makes each of them while somebody's commit waits: 16 MB of zeros, synced.
    """
    message = (
        "SELECT pg_logical_emit_message(false, 'bench', repeat('0', 1 << 20)) FROM generate_series(1, 16)"
    )
    with psycopg.connect(_plain(url), autocommit=True) as conn:
        for _ in range(2 * 1024 // 16):
            conn.execute(message)
        conn.execute("CHECKPOINT")


def _plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def url_of(database: Database) -> str:
    """The URL other processes open a database by."""
    return database.engine.url.render_as_string(hide_password=False)


def postmaster() -> int:
    """Process id of the PostgreSQL server, 0 when it is not on this machine."""
    with psycopg.connect(_plain(server())) as conn:
        for name in ("fsync", "synchronous_commit"):
            row = conn.execute(f"SHOW {name}".encode()).fetchone()
            if row != ("on",):
                raise SystemExit(f"the PostgreSQL to measure on must have {name} = on")
        return machine.parent(conn.info.backend_pid)


def servers(database: Database) -> list[int]:
    """The database server's own processes, whose CPU counts: none for SQLite."""
    return [pid for pid in [postmaster()] if pid] if database.dialect == "postgresql" else []


def on_disk() -> bool:
    """Whether the run's folder is on a disk; figures from a memory file system mean nothing here."""
    path = os.path.realpath(session.TEMPORARY)
    with open("/proc/mounts", encoding="utf-8") as mounts:
        points = [line.split()[1:3] for line in mounts]
    under = [(len(point), kind) for point, kind in points if (path + "/").startswith(point.rstrip("/") + "/")]
    return max(under)[1] not in _NOT_A_DISK


@contextmanager
def bench(quick: bool) -> Iterator[Bench]:
    """A run, whose servers and files are gone afterwards."""
    folder = session.open_session()
    try:
        with ExitStack() as stack:
            yield Bench(quick, stack)
    finally:
        if folder is not None:
            session.close_session(folder)
