"""Writing ledger entries: a lane is a database connection that numbers its own commits.

The lane's state lives in the pooled connection's `info` and moves on only when its transaction has committed
(`Database.write` does that), so a rollback reuses the number and a broken connection takes its lane with it.
A lane that the sequencer has quarantined is given up by its owner within a minute.
"""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, insert, select

from lookup.ledger import entry as ledger_entry
from lookup.ledger import lane as ledger_lane
from lookup.ledger.wire import Digest, sha256
from lookup.storage.bulk import add_rows
from lookup.storage.database import Database, digest_of, writing
from lookup.storage.ledger_tables import audit_alarm
from lookup.storage.tables import audit_entry, audit_writer

LANE, SEQUENCER = 1, 0

SYSTEM = bytes(16)
"""The actor of `sys.*` entries."""

ASK_US = 60_000_000
"""How long a connection writes on before it asks again whether its lane was quarantined."""

FULL = (1 << 31) - (1 << 20)
"""A lane ends when its numbers come near what their column holds (31 bits); no transaction has a million entries."""


@dataclass(frozen=True, slots=True)
class Pen:
    """What a process needs to write entries: the master secret of the MAC epoch and the kind of its lanes."""

    master: bytes
    epoch: int = 1
    kind: int = LANE


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry before it has a place: what was done, with what outcome, by and about whom (16-byte tokens).

    `net` is a prefix, never an address; `detail` a flat mapping of strings and integers without personal data.
    """

    action: str
    outcome: str
    actor: bytes
    report: bytes | None = None
    net: str | None = None
    detail: Mapping[str, str | int] | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where an entry stands before integration: (writer, seq)."""

    writer: int
    seq: int

    def __str__(self) -> str:
        return f"{self.writer}-{self.seq}"


@dataclass(frozen=True, slots=True)
class Lane:
    """State of one lane after its last committed entry; `asked` is when its alarms were last looked up.

    `digest` is the log's hash function, which the body that is sealed contains.
    """

    writer: int
    key: bytes
    seq: int = 0
    mac: bytes = ledger_lane.GENESIS
    asked: int = 0
    digest: Digest = sha256


def now_us() -> int:
    """Return the worker's clock in microseconds since the epoch (UTC)."""
    return time.time_ns() // 1000


def register(conn: Connection, pen: Pen) -> Lane:
    """Insert a writer row for this connection and return its fresh lane."""
    boot = secrets.token_bytes(16)
    writer = conn.execute(
        insert(audit_writer).returning(audit_writer.c.id),
        {
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "started": now_us(),
            "boot": boot,
            "mac_epoch": pen.epoch,
            "kind": pen.kind,
        },
    ).scalar_one()
    key = ledger_lane.derive_key(pen.master, writer, boot)
    return Lane(writer, key, asked=now_us(), digest=digest_of(conn))


def _lane_of(conn: Connection, pen: Pen) -> Lane:
    """Return the connection's lane; a new one when it has none, or when its own was quarantined or is full."""
    pending: Lane | None = conn.info.get("lane_pending")
    if pending is not None:
        return pending
    lane: Lane | None = conn.info.get("lane")
    if lane is None:
        return register(conn, pen)
    if lane.seq >= FULL:
        _, rows = stamp(lane, [_closing(lane)])
        add_rows(conn, audit_entry, [row._asdict() for row in rows])
        return register(conn, pen)
    if now_us() - lane.asked < ASK_US:
        return lane
    if conn.execute(select(audit_alarm.c.writer).where(audit_alarm.c.writer == lane.writer)).first():
        return register(conn, pen)
    return replace(lane, asked=now_us())


def resting(info: Mapping[Any, Any]) -> Lane | None:
    """Return the lane in the `info` of a connection that is in no transaction; None when one must be asked for."""
    lane: Lane | None = info.get("lane")
    return None if lane is None or lane.seq >= FULL or now_us() - lane.asked >= ASK_US else lane


def lane_at_rest(conn: Connection, pen: Pen) -> Lane:
    """Return the lane of a connection that is in no transaction; what must be asked for it has one of its own."""
    lane = resting(conn.info)
    if lane is None:
        with writing(conn):
            lane = conn.info["lane_pending"] = _lane_of(conn, pen)
    return lane


def writer_of(conn: Connection) -> int | None:
    """Return the number of this connection's lane, None when it has none yet."""
    lane: Lane | None = conn.info.get("lane")
    return None if lane is None else lane.writer


def abandon_lane(conn: Connection) -> None:
    """Give up this connection's lane; its next entry registers a new one."""
    conn.info.pop("lane", None)


def close_lanes(database: Database, pen: Pen) -> int:
    """End every lane of this process's idle connections with `sys.close`; returns how many. For an orderly end."""
    closed = 0
    with ExitStack() as held:
        for conn in [held.enter_context(database.engine.connect()) for _ in range(database.idle())]:
            lane = conn.info.get("lane")
            if lane is not None:
                with writing(conn):
                    append(conn, pen, _closing(lane))
                abandon_lane(conn)
                closed += 1
    return closed


def _closing(lane: Lane) -> Draft:
    detail = {"writer": lane.writer, "last": lane.seq + 1}
    return Draft("sys.close", "succeeded", SYSTEM, detail=detail)


def stamp(lane: Lane, drafts: Sequence[Draft]) -> tuple[Lane, list[ledger_entry.Row]]:
    """Give drafts their numbers, times, salts and the closing MAC; returns the lane after them and the rows."""
    rows: list[ledger_entry.Row] = []
    mac, seq = lane.mac, lane.seq
    said, text = None, None
    salts = secrets.token_bytes(16 * len(drafts))
    for place, draft in enumerate(drafts):
        seq += 1
        if draft.detail != said:  # the entries of a batch mostly say the same
            said = draft.detail
            text = ledger_entry.canonical(said).decode() if said else None
        row = ledger_entry.Row(
            lane.writer,
            seq,
            now_us(),
            ledger_entry.ACTIONS[draft.action],
            ledger_entry.OUTCOMES[draft.outcome],
            draft.actor,
            draft.report,
            draft.net,
            text,
            salts[16 * place : 16 * place + 16],
            None,
            None,
        )
        mac = ledger_lane.mac(lane.key, mac, ledger_entry.body_of_row(row, lane.digest))
        rows.append(row)
    rows[-1] = rows[-1]._replace(mac=mac)
    return Lane(lane.writer, lane.key, seq, mac, lane.asked, lane.digest), rows


def append(conn: Connection, pen: Pen, *drafts: Draft) -> list[Place]:
    """Insert entries in the running write transaction of `conn`; at least one draft. Returns their places in order."""
    lane, rows = stamp(_lane_of(conn, pen), drafts)
    add_rows(conn, audit_entry, [row._asdict() for row in rows])
    conn.info["lane_pending"] = lane
    return [Place(row.writer, row.seq) for row in rows]
