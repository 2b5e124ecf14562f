"""The Merkle tree as the database holds it: full tiles as stored, partial ones derived from what stands below them."""

from __future__ import annotations

from lookup.ledger.entry import body_of_row, leaf_hash
from lookup.ledger.merkle import Nodes, consistency_proof
from lookup.ledger.tiles import WIDTH, ReadTile, nodes_from_tiles
from lookup.ledger.wire import VerificationError
from lookup.storage import sequencing
from lookup.storage.database import Transaction, digest_of


def right_edge(conn: Transaction, size: int) -> list[list[bytes]]:
    """Return the hashes of each level's partial tile in the tree of `size` (an empty list where there is none)."""
    pending = [leaves(conn, size - size % WIDTH, size)]
    level, count = 1, size >> 8
    while count:
        partial = count % WIDTH
        pending.append(sequencing.tile_roots(conn, level - 1, count - partial, partial))
        level, count = level + 1, count >> 8
    return pending


def leaves(conn: Transaction, low: int, high: int) -> list[bytes]:
    """Return the leaf hashes of the entries with an index in [low, high)."""
    found: list[bytes] = []
    digest = digest_of(conn)
    if low == high:
        return found
    for run in sequencing.runs(conn, low):
        if run.first_idx >= high:
            break
        skip = max(0, low - run.first_idx)
        rows = sequencing.lane_entries(conn, run.writer, run.first_seq + skip, run.n - skip)
        found += [leaf_hash(body_of_row(row, digest), digest) for row in rows]
    return found[: high - low]


def reader(conn: Transaction) -> ReadTile:
    """Return a function from (level, n, width) to at least that many hashes of a tile.

    It raises VerificationError for a tile that is not there: not yet, or no more (archived).
    """

    def read(level: int, n: int, width: int) -> bytes:
        stored = sequencing.tiles(conn, level, n, 1)
        if stored:
            return stored[0].hashes
        first = n * WIDTH
        if level == 0:
            hashes = leaves(conn, first, first + width)
        else:
            hashes = sequencing.tile_roots(conn, level - 1, first, width)
        if len(hashes) < width:
            raise VerificationError("tile", "not there")
        return b"".join(hashes)

    return read


def nodes(conn: Transaction, size: int) -> Nodes:
    """Return a hash source for proofs in the tree of `size`, hashing as this log does."""
    return nodes_from_tiles(reader(conn), size, digest_of(conn))


def consistency(conn: Transaction, old: int, new: int) -> list[bytes]:
    """Return the proof that the tree of `new` begins with that of `old`; VerificationError below the minimum index."""
    return consistency_proof(old, new, nodes(conn, new), digest_of(conn))
