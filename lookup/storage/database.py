"""Opening a database and owning a transaction on it; the one place that knows the two dialects apart.

SQLite: WAL, `synchronous=FULL`, `BEGIN IMMEDIATE`, and writers queue on a kernel file lock before they begin,
so that nobody sleeps and tries again. PostgreSQL: psycopg, `synchronous_commit` is never turned off.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import IntegrityError, InterfaceError, InternalError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool

from lookup.ledger.wire import Digest, sha256


class TakenError(SQLAlchemyError):
    """Another transaction has committed a key meanwhile that this one needed; nothing of it may be kept."""


Collision = (TakenError, IntegrityError)
"""A unique key was taken by another transaction meanwhile; nothing of this one is kept.

What can happen in service is found without an error of the database, whose own log would name the key.
"""

Failure = SQLAlchemyError
"""The database could not do it; nothing of the transaction is kept, or whether it is can not be known."""

Transaction = Connection
"""What use cases hold while they own a transaction, by a name that says nothing of the library."""

SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=10000",
    "PRAGMA cache_size=-2000",
    "PRAGMA wal_autocheckpoint=2000",
)


@dataclass(frozen=True, slots=True)
class Database:
    """An open engine and its dialect name, `sqlite` or `postgresql`."""

    engine: Engine
    dialect: str

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Yield a connection in a read transaction; nothing written on it is kept."""
        with self.engine.connect() as conn:
            yield conn

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Yield a connection in a write transaction, committed at the end and rolled back on any exception.

        A commit of unknown outcome closes the connection for good, and its ledger lane with it.
        """
        with self.engine.connect() as conn, writing(conn):
            yield conn

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Yield a connection that sees one unchanging state of the database, for long reads."""
        with self.engine.connect() as conn:
            if self.dialect == "postgresql":
                conn = conn.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            yield conn

    @contextmanager
    def single(self) -> Iterator[Connection]:
        """Yield a connection for one reading statement; on PostgreSQL it is a transaction of its own (one exchange)."""
        with self.engine.connect() as conn:
            if self.dialect != "postgresql":
                yield conn
                return
            driver: Any = conn.connection.driver_connection
            # SQLAlchemy's own isolation level does the same and costs more than the statement.
            driver.autocommit = True
            try:
                yield conn
            finally:
                if not driver.closed:
                    driver.autocommit = False

    def idle(self) -> int:
        """Return how many open connections nobody uses just now."""
        pool = self.engine.pool
        return pool.checkedin() if isinstance(pool, QueuePool) else 0

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


@contextmanager
def writing(conn: Connection) -> Iterator[None]:
    """Own one write transaction of a connection, as `Database.write` does."""
    with queued(conn):
        begun = conn.begin()
        try:
            yield
        except BaseException:
            if not conn.invalidated:  # else its lane has gone with it
                conn.info.pop("lane_pending", None)
            begun.rollback()
            raise
        _commit(conn)


class NotReplicatedError(RuntimeError):
    """The server committed, but the wait for its synchronous replica was cancelled: nothing may rest on it."""


Unsettled = (NotReplicatedError, OperationalError, InterfaceError, InternalError, PoolTimeout)
"""The machine failed: whether something was committed is not known, or the same would fail again at once."""


def replicated(info: dict[Any, Any]) -> None:
    """Raise NotReplicatedError when the last commit of the connection with this `info` did not wait to its end.

    Whoever commits on the driver's own connection asks this before anything is answered.
    """
    if info.pop("unreplicated", False):
        raise NotReplicatedError("the wait for the synchronous replica was cancelled")


def _commit(conn: Connection) -> None:
    try:
        conn.commit()
        replicated(conn.info)
    except BaseException:
        conn.invalidate()
        raise
    pending = conn.info.pop("lane_pending", None)
    if pending is not None:
        conn.info["lane"] = pending


@contextmanager
def queued(conn: Connection) -> Iterator[None]:
    """Hold the writers' queue of a SQLite file; the kernel wakes the next in line. Nothing on PostgreSQL."""
    queue = conn.info.get("queue")
    if queue is None:
        yield
        return
    conn.info["writes"] = True
    fcntl.flock(queue, fcntl.LOCK_EX)
    try:
        yield
    finally:
        if not conn.invalidated:  # else the pool closed the connection and with it the queue's file
            conn.info["writes"] = False
            fcntl.flock(queue, fcntl.LOCK_UN)


def open_database(url: str, *, pool: int = 8, role: str | None = None, digest: Digest = sha256) -> Database:
    """Open `url` (`sqlite:///file` or `postgresql+psycopg://…`) with at most `pool` + 2 connections.

    `role` makes every PostgreSQL connection take that role first; `digest` is what the log in there hashes with
    (`digest_of`). Raises `ValueError` for another scheme.
    """
    parsed = make_url(url)
    kind = parsed.get_backend_name()
    if kind not in ("sqlite", "postgresql"):
        raise ValueError("the database URL must begin with sqlite:// or postgresql+psycopg://")
    engine = _open_sqlite(parsed, pool) if kind == "sqlite" else _open_postgresql(parsed, pool, role)

    @event.listens_for(engine, "connect")
    def _mark(dbapi: Any, record: Any) -> None:
        record.info["digest"] = digest

    return Database(engine, kind)


def digest_of(conn: Connection) -> Digest:
    """Return the hash function of the log that this connection reads and writes."""
    digest: Digest = conn.info["digest"]
    return digest


def _open_postgresql(url: URL, pool: int, role: str | None) -> Engine:
    options: dict[str, Any] = {
        "options": "-c timezone=UTC -c synchronous_commit=on" + (f" -c role={role}" if role else "")
    }
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"), connect_args=options, hide_parameters=True, **_pool(pool)
    )

    @event.listens_for(engine, "connect")
    def _listen(dbapi: Any, record: Any) -> None:
        info = record.info

        def noticed(told: Any) -> None:
            # Texts are translated, so any warning of these two classes counts: 01000 is how a cancelled wait is
            # told, 57P01 how one is that ends with the server. No statement of ours warns otherwise.
            if told.severity_nonlocalized == "WARNING" and told.sqlstate in ("01000", "57P01"):
                info["unreplicated"] = True

        dbapi.add_notice_handler(noticed)

    return engine


def _pool(size: int) -> dict[str, Any]:
    """Room for `size` threads and two more. No overflow: a connection that is closed on return ends its ledger lane.

    What was used last is lent first, warm in every cache. Whoever borrows leaves no transaction open, so nothing is
    rolled back on return.
    """
    return {"pool_size": size + 2, "max_overflow": 0, "pool_use_lifo": True, "pool_reset_on_return": None}


def _open_sqlite(url: URL, pool: int) -> Engine:
    if not url.database or url.database == ":memory:":
        raise ValueError("the embedded database must be a file: the ledger has to outlive the process")
    engine = create_engine(url, connect_args={"timeout": 10}, hide_parameters=True, **_pool(pool))
    queue_path = os.path.abspath(url.database) + ".queue"

    @event.listens_for(engine, "connect")
    def _prepare(dbapi: Any, record: Any) -> None:
        dbapi.isolation_level = None
        for pragma in SQLITE_PRAGMAS:
            dbapi.execute(pragma)
        record.info["queue"] = os.open(queue_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    @event.listens_for(engine, "close")
    def _leave(dbapi: Any, record: Any) -> None:
        queue = record.info.pop("queue", None)
        if queue is not None:
            os.close(queue)

    @event.listens_for(engine, "begin")
    def _begin(conn: Connection) -> None:
        conn.exec_driver_sql("BEGIN IMMEDIATE" if conn.info.get("writes") else "BEGIN")

    return engine
