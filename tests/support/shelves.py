"""What lies in quarantine, for tests to look at."""

from __future__ import annotations

import json

from sqlalchemy import text

from lookup.storage import quarantine
from lookup.storage.database import Database
from lookup.storage.quarantine import Item, Sought


def items(database: Database) -> list[Item]:
    """Every item, oldest first."""
    with database.read() as conn:
        return quarantine.search(conn, Sought(), 1000)


def states(database: Database) -> list[tuple[str, str, str]]:
    """Event id, state and what settled it, of every item, oldest first."""
    return [(item.event, item.state, item.settled) for item in items(database)]


def acts(database: Database) -> list[dict[str, object]]:
    """The details of every entry about quarantine, oldest first."""
    query = text("SELECT detail FROM audit_entry WHERE action = 23 ORDER BY ts, writer, seq")
    with database.read() as conn:
        return [json.loads(detail) for detail in conn.execute(query).scalars()]
