"""What the sequencer reads and inserts: lanes, runs, tiles, checkpoints, alarms. Never updated."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, func, insert, select, text

from lookup.ledger.entry import ACTIONS, COLUMNS
from lookup.ledger.tiles import Tile
from lookup.storage.database import Database
from lookup.storage.direct import ask
from lookup.storage.ledger_tables import audit_alarm
from lookup.storage.tables import audit_checkpoint, audit_entry, audit_run, audit_tile, audit_writer

EntryTuple = tuple[object, ...]
_ELECTION = 0x73657175  # "sequ", the advisory lock that elects one sequencer
_PAGE = 2000
_ENTRY = [getattr(audit_entry.c, name) for name in COLUMNS]
_LATERAL = text(
    "SELECT e.* FROM unnest(CAST(:writers AS bigint[]), CAST(:cursors AS bigint[])) AS w(id, cur) "
    "CROSS JOIN LATERAL (SELECT writer, seq, ts, action, outcome, actor, report, net, detail, salt, commitment, mac "
    "FROM audit_entry e "
    "WHERE e.writer = w.id AND e.seq > w.cur ORDER BY e.seq LIMIT :limit) e"
)


class WriterRow(NamedTuple):
    """A lane as it registered."""

    id: int
    host: str
    pid: int
    started: int
    boot: bytes
    mac_epoch: int
    kind: int


class RunRow(NamedTuple):
    """`n` entries of one lane from `first_seq` on that stand in the tree from index `first_idx` on."""

    first_idx: int
    writer: int
    first_seq: int
    n: int


class CheckpointRow(NamedTuple):
    """One signed tree head; `ts` is when it was signed (µs), `prev` the size of the one before (0 for the first)."""

    size: int
    prev: int
    root: bytes
    ts: int
    note: str


_LATEST = f"SELECT {', '.join(CheckpointRow._fields)} FROM audit_checkpoint ORDER BY size DESC LIMIT 1"  # noqa: S608 - no input
_CHECKPOINT = [getattr(audit_checkpoint.c, name) for name in CheckpointRow._fields]
_RUN = [getattr(audit_run.c, name) for name in RunRow._fields]
_WRITER = [getattr(audit_writer.c, name) for name in WriterRow._fields]


def elect(database: Database, conn: Connection) -> bool:
    """Try to become the only sequencer for as long as `conn` lives. For liveness only; `prev` keeps it safe."""
    if database.dialect == "postgresql":
        won = conn.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": _ELECTION}).scalar_one()
        conn.commit()
        return bool(won)
    handle = os.open(
        f"{database.engine.url.database}.sequencer", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
    )
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return False
    conn.info["election"] = handle
    return True


def resign(database: Database, conn: Connection) -> None:
    """Let another sequencer be elected."""
    if database.dialect == "postgresql":
        conn.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _ELECTION})
        conn.commit()
    elif (handle := conn.info.pop("election", None)) is not None:
        os.close(handle)


def writers(conn: Connection, above: int = 0) -> list[WriterRow]:
    """Return the lanes with an id above `above`, in order."""
    query = select(*_WRITER).where(audit_writer.c.id > above).order_by(audit_writer.c.id)
    return [WriterRow(*row) for row in conn.execute(query)]


def cursors(conn: Connection) -> dict[int, tuple[int, bytes]]:
    """Return for each lane its last integrated number and the MAC there."""
    last = func.max(audit_run.c.first_seq + audit_run.c.n - 1)
    ends = select(audit_run.c.writer, last.label("seq")).group_by(audit_run.c.writer).subquery()
    query = select(ends.c.writer, ends.c.seq, audit_entry.c.mac).join(
        audit_entry, (audit_entry.c.writer == ends.c.writer) & (audit_entry.c.seq == ends.c.seq), isouter=True
    )
    return {row.writer: (row.seq, row.mac or b"") for row in conn.execute(query)}


def fresh_entries(
    database: Database, conn: Connection, after: Mapping[int, int], limit: int
) -> dict[int, list[EntryTuple]]:
    """Return up to `limit` rows (COLUMNS order) of each lane behind its cursor, as of one moment."""
    found: dict[int, list[EntryTuple]] = {}
    if database.dialect == "postgresql":
        values = {"writers": list(after), "cursors": list(after.values()), "limit": limit}
        for row in conn.execute(_LATERAL, values):
            found.setdefault(row[0], []).append(tuple(row))
        return found
    for writer, seq in after.items():
        rows = lane_entries(conn, writer, seq + 1, limit)
        if rows:
            found[writer] = rows
    return found


def lane_entries(conn: Connection, writer: int, first: int, n: int) -> list[EntryTuple]:
    """Return `n` rows (COLUMNS order) of one lane from number `first` on."""
    query = select(*_ENTRY).where(audit_entry.c.writer == writer, audit_entry.c.seq >= first)
    return [tuple(row) for row in conn.execute(query.order_by(audit_entry.c.seq).limit(n))]


def latest_checkpoint(conn: Connection) -> CheckpointRow | None:
    """Return the newest tree head, or None while the log is empty."""
    found = ask(conn, _LATEST)
    return CheckpointRow(*found[0]) if found else None


def checkpoints(conn: Connection) -> Iterator[CheckpointRow]:
    """Yield every tree head, oldest first, a page at a time."""
    size = -1
    while True:
        query = select(*_CHECKPOINT).where(audit_checkpoint.c.size > size)
        page = conn.execute(query.order_by(audit_checkpoint.c.size).limit(_PAGE)).all()
        for row in page:
            yield CheckpointRow(*row)
        if len(page) < _PAGE:
            return
        size = page[-1].size


def runs(conn: Connection, from_idx: int = 0) -> Iterator[RunRow]:
    """Yield the runs from the one that holds index `from_idx` on, in tree order, a page at a time."""
    start = select(func.max(audit_run.c.first_idx)).where(audit_run.c.first_idx <= from_idx)
    after = (conn.execute(start).scalar_one() or 0) - 1
    while True:
        query = select(*_RUN).where(audit_run.c.first_idx > after)
        page = conn.execute(query.order_by(audit_run.c.first_idx).limit(_PAGE)).all()
        for row in page:
            yield RunRow(*row)
        if len(page) < _PAGE:
            return
        after = page[-1].first_idx


def tiles(conn: Connection, level: int, first: int, n: int) -> list[Tile]:
    """Return the full tiles [first, first + n) of a level, in order."""
    query = select(audit_tile.c.level, audit_tile.c.n, audit_tile.c.hashes, audit_tile.c.root)
    query = query.where(audit_tile.c.level == level, audit_tile.c.n >= first, audit_tile.c.n < first + n)
    return [Tile(*row) for row in conn.execute(query.order_by(audit_tile.c.n))]


def extend(
    conn: Connection, new_runs: Sequence[RunRow], new_tiles: Sequence[Tile], head: CheckpointRow
) -> None:
    """Insert what one tick integrated; another sequencer's equal step raises IntegrityError."""
    conn.execute(insert(audit_run), [row._asdict() for row in new_runs])
    if new_tiles:
        conn.execute(insert(audit_tile), [tile._asdict() for tile in new_tiles])
    conn.execute(insert(audit_checkpoint), head._asdict())


class AlarmRow(NamedTuple):
    """A quarantined lane: kind of alarm, the number that was expected and the one found there, when (µs)."""

    writer: int
    kind: str
    expected: int
    found: int
    ts: int


def alarms(conn: Connection) -> list[AlarmRow]:
    """Return every quarantined lane."""
    columns = [getattr(audit_alarm.c, name) for name in AlarmRow._fields]
    return [AlarmRow(*row) for row in conn.execute(select(*columns))]


def add_alarm(conn: Connection, row: AlarmRow) -> None:
    """Quarantine a lane for good."""
    conn.execute(insert(audit_alarm), row._asdict())


def endings(conn: Connection) -> list[tuple[int, int, str | None]]:
    """Return (writer, action, detail) of each `sys.close` and `sys.writer_lost` entry."""
    codes = (ACTIONS["sys.close"], ACTIONS["sys.writer_lost"])
    query = select(audit_entry.c.writer, audit_entry.c.action, audit_entry.c.detail)
    return [(r[0], r[1], r[2]) for r in conn.execute(query.where(audit_entry.c.action.in_(codes)))]
