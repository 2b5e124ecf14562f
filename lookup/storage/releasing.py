"""Opening a report: what may be shown is read and its ledger entry made durable together.

The one path that every citizen's answer takes, so it speaks to the driver of a pooled connection directly, which
costs a third of what SQLAlchemy's execution would; the lane is kept exactly as `lanes` keeps it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Connection

from lookup.storage.database import Database, queued, replicated
from lookup.storage.lanes import Draft, Pen, Place, lane_at_rest, stamp


class ReleasedRow(NamedTuple):
    """What an opened report is made from."""

    number: str
    unit: str
    updated: int
    rules: str
    story: str
    sealed: bytes | None
    id: int


_COLUMNS = ", ".join(ReleasedRow._fields)
_ENTRY = "writer, seq, ts, action, outcome, actor, report, net, detail, salt, commitment, mac"
_SEEN = (
    f"SELECT {_COLUMNS} FROM incident WHERE token = {{0}} AND generation = {{0}} AND NOT withheld "  # noqa: S608 - no input
    "AND NOT EXISTS (SELECT 1 FROM spent WHERE spent.id = {0})"
)
_READ = _SEEN.format("?")
_INSERT = f"INSERT INTO audit_entry ({_ENTRY}) VALUES ({', '.join('?' * 12)})"  # noqa: S608 - no input
_AT_ONCE = (
    f"WITH seen AS ({_SEEN.format('%b')}), "  # noqa: S608 - no input
    f"put AS (INSERT INTO audit_entry ({_ENTRY}) "
    "SELECT %s, %s, %s, %s, %s, %b, %b, %s, %s, %b, %b, %b FROM seen) "
    f"SELECT {_COLUMNS} FROM seen"
)


def release(
    database: Database, pen: Pen, draft: Draft, token: bytes, generation: int, pass_id: bytes
) -> tuple[ReleasedRow, Place] | None:
    """Read what the holder of a pass may see and leave the entry of it, durable before this returns.

    On PostgreSQL one statement in one exchange. None means that nothing may be shown and nothing was written:
    the pass is revoked or the report withheld or unknown.
    """
    with database.engine.connect() as conn:
        lane, (row,) = stamp(lane_at_rest(conn, pen), [draft])
        attempt = _at_once if database.dialect == "postgresql" else _in_turn
        seen = attempt(conn, (token, generation, pass_id), row)
        if seen is None:
            return None
        conn.info["lane"] = lane
        return ReleasedRow(*seen), Place(lane.writer, lane.seq)


def _at_once(conn: Connection, wanted: tuple[Any, ...], row: tuple[Any, ...]) -> tuple[Any, ...] | None:
    driver: Any = conn.connection.driver_connection
    try:
        driver.autocommit = True
        found: tuple[Any, ...] | None = driver.execute(_AT_ONCE, (*wanted, *row)).fetchone()
        driver.autocommit = False
        replicated(conn.info)
    except BaseException:
        conn.invalidate()  # nobody knows whether the number was used: the lane ends here
        raise
    return found


def _in_turn(conn: Connection, wanted: tuple[Any, ...], row: tuple[Any, ...]) -> tuple[Any, ...] | None:
    driver: Any = conn.connection.driver_connection
    with queued(conn):
        try:
            driver.execute("BEGIN IMMEDIATE")
            found: tuple[Any, ...] | None = driver.execute(_READ, wanted).fetchone()
            if found is not None:
                driver.execute(_INSERT, row)
            driver.execute("COMMIT")
        except BaseException:
            conn.invalidate()
            raise
    return found
