"""Entry bundles for auditors (C2SP tlog-tiles `tile/entries/N`): bodies with pseudonymous tokens, never for the public.

Fetching one is an entry that says which; the restricted part of entries is not in them.
"""

from __future__ import annotations

from lookup.ledger.entry import body_of_row
from lookup.ledger.tiles import ENTRIES, WIDTH, TileId, encode_bundle, parse_path, tile_width
from lookup.ledger.wire import VerificationError
from lookup.services.contexts import ConsoleContext
from lookup.services.staff_looks import draft
from lookup.services.staff_session import Staff
from lookup.services.transparency import note_of
from lookup.storage import cosignatures, rereading, segments, sequencing
from lookup.storage.database import Database, Transaction, digest_of
from lookup.storage.lanes import append


def bundle(context: ConsoleContext, who: Staff, path: str, address: str) -> bytes | None:
    """Return the bundle at a path such as `tile/entries/x001/234.p/5`, its entry durable first; None: none there.

    There is none beyond the newest checkpoint, nor below the minimum index (archived).
    """
    wanted = _wanted(path)
    with context.database.read() as conn:
        made = None if wanted is None else _made(conn, wanted)
    detail: dict[str, str | int] = (
        {} if wanted is None else {"first": wanted.n * WIDTH, "count": wanted.width}
    )
    outcome = "refused" if made is None else "released"
    with context.database.write() as conn:
        append(conn, context.pen, draft(conn, who, "console.bundle", outcome, address, None, detail))
    return made


def _wanted(path: str) -> TileId | None:
    try:
        tile = parse_path(path)
    except VerificationError:
        return None
    return tile if tile.level == ENTRIES else None


def _made(conn: Transaction, tile: TileId) -> bytes | None:
    head = sequencing.latest_checkpoint(conn)
    low = tile.n * WIDTH
    if tile.width > tile_width(0, tile.n, head.size if head else 0) or low < segments.minimum(conn):
        return None
    bodies = [
        body_of_row(row, digest_of(conn)) for row in rereading.entries_between(conn, low, low + tile.width)
    ]
    return encode_bundle(bodies) if len(bodies) == tile.width else None


def checkpoint_to_audit(database: Database) -> bytes | None:
    """Return the newest checkpoint that a witness cosigned, or the newest of all where none did; None: an empty log."""
    with database.read() as conn:
        head = next(iter(cosignatures.cosigned(conn, 0, 1)), None) or sequencing.latest_checkpoint(conn)
        return None if head is None else note_of(conn, head)
