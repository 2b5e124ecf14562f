"""Names of those whose tokens stand in ledger entries, as far as they are staff or systems."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, select

from lookup.storage.staff_tables import staff
from lookup.storage.tables import client


def staff_names(conn: Connection, ids: Collection[bytes]) -> dict[bytes, str]:
    """Return the names of those ids that are staff accounts, closed ones too."""
    rows = conn.execute(select(staff.c.id, staff.c.name).where(staff.c.id.in_(list(ids))))
    return {row.id: row.name for row in rows}


def client_names(conn: Connection) -> dict[str, str]:
    """Return the name of every push client by its id."""
    return {row.id: row.name for row in conn.execute(select(client.c.id, client.c.name))}
