"""Inserting many rows at once; the one place that knows how each database does it fastest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, insert

from lookup.storage.direct import driven, put

FEW = 8


def add_rows(conn: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert `rows`, which all name the same columns, in the running transaction; none is fine.

    Many of them go to PostgreSQL by COPY, which takes a ninth of the client's time. Raises IntegrityError when a key
    is taken, and nothing of the transaction is kept.
    """
    if not rows:
        return
    if len(rows) < FEW:
        put(conn, table.name, rows)
        return
    if conn.dialect.name != "postgresql":
        conn.execute(insert(table), rows)
        return
    names = list(rows[0])
    statement = f"COPY {table.name} ({', '.join(names)}) FROM STDIN"
    with driven(conn) as driver, driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row([row[name] for name in names])
