"""Opening a report: what may be shown is read and its ledger entry made durable together.

The one path that every citizen's answer takes, so answers that are asked for at the same time share a commit, and it
speaks to the driver of a pooled connection directly, which costs a third of what SQLAlchemy's execution would; the
lane is kept exactly as `lanes` keeps it.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import PoolProxiedConnection

from lookup.ledger.entry import Row
from lookup.storage.database import Database, replicated
from lookup.storage.lanes import Draft, Lane, Pen, Place, lane_at_rest, now_us, resting, stamp
from lookup.storage.sharing import PLACES, Queues


class Wish(NamedTuple):
    """What the holder of a pass asks for, and the entry that it leaves."""

    token: bytes
    generation: int
    pass_id: bytes
    tier: str
    draft: Draft


class ReleasedRow(NamedTuple):
    """What an opened report is made from: what was told ahead (`shown`) while it holds, else the story."""

    number: str
    updated: int
    rules: str
    story: str
    shown: str | None
    sealed: bytes | None
    reporter_since: int
    id: int


Released = tuple[ReleasedRow, Place]
_ENTRY = "writer, seq, ts, action, outcome, actor, report, net, detail, salt, commitment, mac"
_TOLD = (
    "number, updated, rules, CASE WHEN shown_until > {now} THEN '' ELSE story END AS story, "
    "CASE WHEN shown_until > {now} THEN CASE {tier} WHEN 'T1' THEN shown_t1 ELSE shown_t2 END END AS shown, "
    "sealed, reporter_since, id"
)
_LIVE = "NOT withheld AND NOT EXISTS (SELECT 1 FROM spent WHERE spent.id = {holder})"
_READ = (
    f"SELECT {_TOLD.format(now='?4', tier='?5')} FROM incident "  # noqa: S608 - no input
    f"WHERE token = ?1 AND generation = ?2 AND {_LIVE.format(holder='?3')}"
)
_INSERT = f"INSERT INTO audit_entry ({_ENTRY}) VALUES ({', '.join('?' * 12)})"  # noqa: S608 - no input
_AT_ONCE = (
    f"WITH seen AS (SELECT 1 AS place, {_TOLD.format(now='%(now)s', tier='%(tier)s')} FROM incident "  # noqa: S608 - no input
    f"WHERE token = %(token)b AND generation = %(generation)s AND {_LIVE.format(holder='%(pass_id)b')}), "
    f"put AS (INSERT INTO audit_entry ({_ENTRY}) SELECT %(writer)s, %(seq)s, %(ts)s, %(action)s, %(outcome)s, "
    "%(actor)b, %(report)b, %(net)s, %(detail)s, %(salt)b, %(commitment)b, %(mac)b FROM seen) SELECT * FROM seen"
)
_MANY_AT_ONCE = (
    "WITH wish AS (SELECT * FROM unnest((SELECT %s::bytea[]), (SELECT %s::int[]), (SELECT %s::bytea[]), "  # noqa: S608
    "(SELECT %s::text[])) WITH ORDINALITY AS wish (token, generation, pass, tier, place)), "
    f"seen AS (SELECT place, {_TOLD.format(now='%s', tier='tier')} FROM wish "
    f"JOIN incident USING (token, generation) WHERE {_LIVE.format(holder='wish.pass')}), "
    f"put AS (INSERT INTO audit_entry ({_ENTRY}) SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], "
    "%s::smallint[], %s::smallint[], %s::bytea[], %s::bytea[], %s::text[], %s::text[], %s::bytea[], %s::bytea[], "
    "%s::bytea[]) WHERE (SELECT count(*) FROM seen) = %s) SELECT * FROM seen"
)
"""Each entry, or none when a wish may not be fulfilled. An array in a SELECT of its own has no length to a planner, so
that a kept plan serves groups of every size."""
_queues: Queues[Wish, Released | None] = Queues(PLACES)


def release(database: Database, pen: Pen, wish: Wish) -> Released | None:
    """Read what the holder of a pass may see and leave the entry of it, durable before this returns.

    None means that nothing may be shown and nothing was written: the pass is revoked or the report withheld or unknown.
    """
    return _queues.of(database).ask(wish, partial(_release, database, pen))


def _release(database: Database, pen: Pen, wishes: Sequence[Wish]) -> list[Released | None]:
    with _lane(database, pen) as (conn, lane):
        attempt = _on_postgresql if database.dialect == "postgresql" else _on_sqlite
        try:
            return attempt(conn, lane, wishes)
        except BaseException:
            conn.invalidate()  # nobody knows whether the numbers were used: the lane ends here
            raise


@contextmanager
def _lane(database: Database, pen: Pen) -> Iterator[tuple[PoolProxiedConnection, Lane]]:
    """Yield a pooled connection in no transaction and its lane."""
    conn = database.engine.raw_connection()
    try:
        lane = resting(conn.info)
        if lane is not None:
            yield conn, lane
            return
    finally:
        conn.close()
    with database.engine.connect() as slow:
        lane = lane_at_rest(slow, pen)
        yield slow.connection, lane


def _on_sqlite(conn: PoolProxiedConnection, lane: Lane, wishes: Sequence[Wish]) -> list[Released | None]:
    driver: Any = conn.driver_connection
    fcntl.flock(conn.info["queue"], fcntl.LOCK_EX)
    driver.execute("BEGIN IMMEDIATE")
    now = now_us()
    found = [driver.execute(_READ, (*wish[:3], now, wish.tier)).fetchone() for wish in wishes]
    lane, rows = _stamped(lane, wishes, found)
    driver.executemany(_INSERT, rows)
    driver.execute("COMMIT")
    fcntl.flock(conn.info["queue"], fcntl.LOCK_UN)
    conn.info["lane"] = lane
    return _told(found, rows)


def _on_postgresql(conn: PoolProxiedConnection, lane: Lane, wishes: Sequence[Wish]) -> list[Released | None]:
    """Each statement is a transaction of its own and costs one exchange."""
    driver: Any = conn.driver_connection
    driver.autocommit = True
    lane, told = _told_at_once(driver, lane, wishes)
    driver.autocommit = False
    replicated(conn.info)
    conn.info["lane"] = lane
    return told


def _told_at_once(driver: Any, lane: Lane, wishes: Sequence[Wish]) -> tuple[Lane, list[Released | None]]:
    """Fulfil all wishes or none; then, without those that may not be fulfilled, try again."""
    if not wishes:
        return lane, []
    after, rows = stamp(lane, [wish.draft for wish in wishes])
    found = _read_and_put(driver, wishes, rows)
    if len(found) == len(wishes):
        return after, [(ReleasedRow(*found[place]), _place(row)) for place, row in enumerate(rows, 1)]
    after, told = _told_at_once(
        driver, lane, [wish for place, wish in enumerate(wishes, 1) if place in found]
    )
    left = iter(told)
    return after, [next(left) if place in found else None for place in range(1, len(wishes) + 1)]


def _read_and_put(driver: Any, wishes: Sequence[Wish], rows: Sequence[Row]) -> dict[int, tuple[Any, ...]]:
    """Return what may be shown by the place of its wish, from 1 on; all entries were written if that is all of them."""
    now = now_us()
    if len(wishes) == 1:
        wanted = wishes[0]._asdict() | rows[0]._asdict() | {"now": now}
        cursor = driver.execute(_AT_ONCE, wanted, binary=True)
    else:
        asked = map(_array, [*zip(*wishes, strict=True)][:-1])
        entries = map(_array, zip(*rows, strict=True))
        cursor = driver.execute(_MANY_AT_ONCE, [*asked, now, now, *entries, len(rows)], binary=True)
    return {place: row for place, *row in cursor}


def _array(values: Sequence[int | bytes | str | None]) -> str:
    """An array as PostgreSQL reads it; its type is then what the statement says, whatever the values are."""
    return "{" + ",".join(map(_element, values)) + "}"


def _element(value: int | bytes | str | None) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f'"\\\\x{value.hex()}"'
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value)


def _stamped(lane: Lane, wishes: Sequence[Wish], found: Sequence[Any]) -> tuple[Lane, list[Row]]:
    drafts = [wish.draft for wish, row in zip(wishes, found, strict=True) if row is not None]
    return stamp(lane, drafts) if drafts else (lane, [])


def _told(found: Sequence[Any], rows: Sequence[Row]) -> list[Released | None]:
    left = iter(rows)
    return [None if row is None else (ReleasedRow(*row), _place(next(left))) for row in found]


def _place(row: Row) -> Place:
    return Place(row.writer, row.seq)
