"""Databases with the newest schema: migrated once a test run, then copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import text

from lookup.storage import migrate
from lookup.storage.database import Database, open_database
from tests.support import postgres, session


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """An open database at this URL, closed afterwards."""
    database = open_database(url)
    try:
        yield database
    finally:
        database.close()


@contextmanager
def migrated_sqlite(folder: Path) -> Iterator[str]:
    """URL of a migrated SQLite file of this test's own in `folder`."""
    made: str = session.shared("template-sqlite-schema", _make_sqlite)["file"]
    target = folder / "migrated.db"
    shutil.copyfile(made, target)
    yield f"sqlite:///{target}"


@contextmanager
def migrated_postgres(server: str) -> Iterator[str]:
    """URL of a migrated PostgreSQL database of this test's own."""
    with postgres.lent(server, postgres.template(server, "schema", _migrate)) as url:
        yield url


def waits_for_lock(database: Database) -> bool:
    """Whether somebody waits for somebody else's lock on this PostgreSQL database."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with database.read() as conn:
        return bool(conn.execute(text(query)).scalar_one())


def _make_sqlite() -> dict[str, Any]:
    path = session.folder() / "schema.db"
    _migrate(f"sqlite:///{path}")
    return {"file": str(path)}


def _migrate(url: str) -> None:
    with opened(url) as database:
        migrate.upgrade(database)
