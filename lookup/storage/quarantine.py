"""Refused events of known clients: kept sealed, with the reason, until somebody settles them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from lookup.storage.tables import quarantine


def keep(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep refused events; the same event refused again (source, event, digest) is kept once."""
    if rows:
        dialect = postgresql if conn.dialect.name == "postgresql" else sqlite
        insert = dialect.insert(quarantine)
        conn.execute(insert.on_conflict_do_nothing(index_elements=["source", "event", "digest"]), rows)
