"""Bringing a database to the newest schema; forward only, one transaction, safe to call from many processes."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from lookup.storage.database import Database

_FOLDER = Path(__file__).parent / "migrations"
_LOCK = 0x6C6F6F6B  # "look", the advisory lock under which migrations run


def config(conn: Connection | None = None) -> Config:
    """Return Alembic's configuration, bound to `conn` when one is given."""
    made = Config()
    made.set_main_option("script_location", str(_FOLDER))
    if conn is not None:
        made.attributes["connection"] = conn
    return made


def newest() -> str:
    """Return the revision this code is written for."""
    head = ScriptDirectory.from_config(config()).get_current_head()
    if head is None:
        raise RuntimeError("the package holds no migrations")
    return head


def current(database: Database) -> str | None:
    """Return the revision the database is at; None when it is empty."""
    with database.read() as conn:
        return MigrationContext.configure(conn).get_current_revision()


def upgrade(database: Database, revision: str = "head") -> None:
    """Bring the database to `revision`; nothing happens when it is there already."""
    with database.write() as conn:
        if database.dialect == "postgresql":
            conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        command.upgrade(config(conn), revision)
