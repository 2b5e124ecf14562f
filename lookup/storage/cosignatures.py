"""Cosignatures of witnesses on checkpoints, and the newest checkpoint that has some."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, func, insert, select

from lookup.storage.ledger_tables import audit_cosig
from lookup.storage.sequencing import CheckpointRow
from lookup.storage.tables import audit_checkpoint


class CosigRow(NamedTuple):
    """One witness's signature line on the checkpoint of `size`; `ts` is the cosignature's own time (µs)."""

    size: int
    witness: str
    ts: int
    line: str


def add(conn: Connection, row: CosigRow) -> bool:
    """Keep a cosignature; False when this witness's on this size is there already."""
    found = select(audit_cosig.c.size).where(
        audit_cosig.c.size == row.size, audit_cosig.c.witness == row.witness
    )
    if conn.execute(found).first():
        return False
    conn.execute(insert(audit_cosig), row._asdict())
    return True


def lines(conn: Connection, size: int) -> list[str]:
    """Return the cosignature lines on the checkpoint of `size`, each ending in a newline."""
    query = select(audit_cosig.c.line).where(audit_cosig.c.size == size).order_by(audit_cosig.c.witness)
    return list(conn.execute(query).scalars())


def cosigned(conn: Connection, above: int, limit: int) -> list[CheckpointRow]:
    """Return up to `limit` checkpoints larger than `above` that any witness cosigned, newest first."""
    sizes = select(audit_cosig.c.size).where(audit_cosig.c.size > above).distinct()
    columns = [getattr(audit_checkpoint.c, name) for name in CheckpointRow._fields]
    query = select(*columns).where(audit_checkpoint.c.size.in_(sizes))
    query = query.order_by(audit_checkpoint.c.size.desc()).limit(limit)
    return [CheckpointRow(*row) for row in conn.execute(query)]


def reached(conn: Connection) -> dict[str, int]:
    """Return for each witness the largest size it has cosigned."""
    query = select(audit_cosig.c.witness, func.max(audit_cosig.c.size)).group_by(audit_cosig.c.witness)
    return {row[0]: row[1] for row in conn.execute(query)}
