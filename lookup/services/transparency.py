"""What everybody may have of the log: checkpoint, hash tiles, consistency proofs (C2SP tlog-tiles, tlog-checkpoint).

Never entries: tokens in them are pseudonymous data. Reading these leaves no ledger entry, since nothing is disclosed.
"""

from __future__ import annotations

from datetime import UTC, datetime

from lookup.domain.calendar import SHANGHAI
from lookup.ledger.tiles import ENTRIES, parse_path, tile_width
from lookup.ledger.wire import VerificationError
from lookup.services import tree
from lookup.storage import cosignatures, sequencing
from lookup.storage.database import Database, Transaction
from lookup.storage.sequencing import CheckpointRow


def checkpoint(database: Database) -> tuple[bytes, datetime] | None:
    """Return the newest checkpoint note with its cosignatures and when it was signed; None while the log is empty."""
    with database.read() as conn:
        head = sequencing.latest_checkpoint(conn)
        if head is None:
            return None
        return note_of(conn, head), datetime.fromtimestamp(head.ts / 1_000_000, UTC).astimezone(SHANGHAI)


def note_of(conn: Transaction, head: CheckpointRow) -> bytes:
    """Return the note of a stored checkpoint with the cosignature lines that were collected."""
    return (head.note + "".join(cosignatures.lines(conn, head.size))).encode()


def tile(database: Database, path: str) -> bytes | None:
    """Return the tile at a C2SP path such as `tile/0/x001/234.p/5`; None when there is none for the public."""
    try:
        wanted = parse_path(path)
        if wanted.level == ENTRIES:
            return None
        with database.read() as conn:
            head = sequencing.latest_checkpoint(conn)
            if wanted.width > tile_width(wanted.level, wanted.n, head.size if head else 0):
                return None
            return tree.tiles(conn, [wanted])[wanted][: wanted.width * 32]
    except VerificationError:
        return None


def consistency(database: Database, old: int, new: int) -> list[bytes] | None:
    """Return the proof that the tree of `new` begins with that of `old` (RFC 9162 section 2.1.4.1).

    None unless 0 <= old <= new <= the newest signed size, or when `old` lies below the minimum index.
    """
    with database.read() as conn:
        head = sequencing.latest_checkpoint(conn)
        if not 0 <= old <= new <= (head.size if head else 0):
            return None
        try:
            return tree.consistency(conn, old, new)
        except VerificationError:
            return None
