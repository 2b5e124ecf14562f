"""Many ledger entries at once: the rows of a lane as the service stamps them, put in by the driver's fastest way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Connection

from lookup.ledger.entry import COLUMNS, Row
from lookup.storage.database import Database
from lookup.storage.lanes import Draft, Lane, register, stamp
from tests.support.contexts import PEN

_NAMES = ", ".join(COLUMNS)


def put_many(database: Database, drafts: Iterable[Draft]) -> int:
    """Append drafts in one transaction, each sealed as if it had one of its own; returns their lane.

    They are taken one by one while the database takes their rows, so a generator needs no memory.
    """
    with database.write() as conn:
        driver: Any = conn.connection.driver_connection
        conn.info["lane_pending"] = conn.info.get("lane") or register(conn, PEN)
        rows = _stamped(conn, drafts)
        if database.dialect == "postgresql":
            with driver.cursor().copy(f"COPY audit_entry ({_NAMES}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            marks = ", ".join("?" * len(COLUMNS))
            driver.executemany(f"INSERT INTO audit_entry ({_NAMES}) VALUES ({marks})", rows)  # noqa: S608 - names of ours
        writer: int = conn.info["lane_pending"].writer
    return writer


def _stamped(conn: Connection, drafts: Iterable[Draft]) -> Iterator[Row]:
    lane: Lane = conn.info["lane_pending"]
    for draft in drafts:
        lane, (row,) = stamp(lane, [draft])
        yield row
    conn.info["lane_pending"] = lane
