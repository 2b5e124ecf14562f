"""Cosignatures of witnesses on checkpoints, and the newest checkpoint that has some."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Connection, func, insert, select, tuple_

from lookup.storage.direct import ask
from lookup.storage.ledger_tables import audit_cosig
from lookup.storage.sequencing import CheckpointRow
from lookup.storage.tables import audit_checkpoint

_PAGE = 2000


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
    query = "SELECT line FROM audit_cosig WHERE size = :size ORDER BY witness"
    return [line for (line,) in ask(conn, query, size=size)]


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


def newest(conn: Connection) -> dict[str, int]:
    """Return for each witness the time (µs) of its newest cosignature."""
    query = select(audit_cosig.c.witness, func.max(audit_cosig.c.ts)).group_by(audit_cosig.c.witness)
    return {row[0]: row[1] for row in conn.execute(query)}


def stored(conn: Connection) -> Iterator[CosigRow]:
    """Yield every cosignature by size and witness, a page at a time."""
    columns = [getattr(audit_cosig.c, name) for name in CosigRow._fields]
    place, after = tuple_(audit_cosig.c.size, audit_cosig.c.witness), (-1, "")
    while True:
        query = select(*columns).where(place > tuple_(*after)).order_by(*place)
        page = conn.execute(query.limit(_PAGE)).all()
        yield from (CosigRow(*row) for row in page)
        if len(page) < _PAGE:
            return
        after = (page[-1].size, page[-1].witness)
