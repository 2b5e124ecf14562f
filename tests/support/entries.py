"""Many ledger entries at once: the rows of a lane as the service stamps them, put in by the driver's fastest way."""

from __future__ import annotations

from typing import Any

from lookup.ledger.entry import COLUMNS
from lookup.storage.database import Database
from lookup.storage.lanes import Draft, register, stamp
from tests.support.contexts import PEN


def put_many(database: Database, drafts: list[Draft]) -> int:
    """Append drafts, each sealed as if it had a transaction of its own; returns their lane."""
    with database.write() as conn:
        lane, rows = conn.info.get("lane") or register(conn, PEN), []
        for draft in drafts:
            lane, (row,) = stamp(lane, [draft])
            rows.append(row)
        driver: Any = conn.connection.driver_connection
        if database.dialect == "postgresql":
            with driver.cursor().copy(f"COPY audit_entry ({', '.join(COLUMNS)}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            marks = ", ".join("?" * len(COLUMNS))
            driver.executemany(
                f"INSERT INTO audit_entry ({', '.join(COLUMNS)}) VALUES ({marks})",  # noqa: S608 - names of ours
                rows,
            )
        conn.info["lane_pending"] = lane
    return lane.writer
