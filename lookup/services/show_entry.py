"""One ledger entry with what proves it: its leaf, its index in the tree and the checkpoint that covers it."""

from __future__ import annotations

from dataclasses import dataclass

from lookup.ledger.entry import Row, body_of_row, leaf_hash
from lookup.services.contexts import ConsoleContext
from lookup.services.list_entries import Line, line
from lookup.services.staff_looks import draft
from lookup.services.staff_session import Staff
from lookup.services.tell_actors import tell
from lookup.storage import entries
from lookup.storage.database import Transaction, digest_of
from lookup.storage.entries import Covering
from lookup.storage.lanes import append


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry and its proof so far. `body` and `leaf` (32 bytes) are None when no writer can have written the row.

    `index` and `checkpoint` are None while the entry waits to be integrated (about a second).
    """

    line: Line
    body: str | None
    leaf: bytes | None
    index: int | None
    checkpoint: Covering | None
    erased: bool


def show_entry(context: ConsoleContext, who: Staff, place: tuple[int, int], address: str) -> Shown | None:
    """Return the entry at (writer, seq), or None; either way the look is an entry first, about the same report."""
    with context.database.read() as conn:
        row = entries.get(conn, *place)
        shown = None if row is None else _shown(conn, context.settings.pepper, row)
    detail = {"writer": place[0], "seq": place[1]}
    outcome = "refused" if shown is None else "released"
    report = None if row is None else row.report
    with context.database.write() as conn:
        append(conn, context.pen, draft(conn, who, "console.view", outcome, address, report, detail))
    return shown


def _shown(conn: Transaction, pepper: bytes, row: Row) -> Shown:
    try:
        body = body_of_row(row, digest_of(conn))
    except (KeyError, ValueError, TypeError):
        body = None
    index = entries.index_of(conn, row.writer, row.seq)
    covering = None if index is None else entries.checkpoint_over(conn, index)
    told = line(row, tell(conn, pepper, [row])[row.writer, row.seq])
    leaf = None if body is None else leaf_hash(body, digest_of(conn))
    return Shown(
        told, None if body is None else body.decode(), leaf, index, covering, row.commitment is not None
    )
