"""The Merkle tree as the database holds it: full tiles as stored, partial ones derived from what stands below them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from lookup.ledger.entry import body_of_row, leaf_hash
from lookup.ledger.merkle import Nodes, consistency_proof, inclusion_proof
from lookup.ledger.tiles import WIDTH, TileId, nodes_from_tiles, tiles_of
from lookup.ledger.wire import Digest, VerificationError
from lookup.storage import hashes
from lookup.storage.database import Transaction, digest_of
from lookup.storage.hashes import Span

T = TypeVar("T")


def right_edge(conn: Transaction, size: int) -> list[list[bytes]]:
    """Return the hashes of each level's partial tile in the tree of `size` (an empty list where there is none)."""
    counts = [size >> 8 * level for level in range(1, (size.bit_length() + 7) // 8)]
    above = [TileId(level, count // WIDTH, count % WIDTH) for level, count in enumerate(counts, 1)]
    _, roots = hashes.tiles(conn, (), [_below(tile) for tile in above])
    return [leaves(conn, size - size % WIDTH, size), *roots]


def leaves(conn: Transaction, low: int, high: int) -> list[bytes]:
    """Return the leaf hashes of the entries with an index in [low, high), which are 256 at most."""
    digest = digest_of(conn)
    return [leaf_hash(body_of_row(row, digest), digest) for row in hashes.entries(conn, low, high)]


def tiles(conn: Transaction, wanted: Sequence[TileId]) -> dict[TileId, bytes]:
    """Return the hashes of these tiles, of each at least as many as its width.

    VerificationError for a tile that is not there: not yet, or no more (archived).
    """
    above = [tile for tile in wanted if tile.level and tile.width < WIDTH]
    whole, roots = hashes.tiles(conn, wanted, [_below(tile) for tile in above])
    found = dict(zip(above, map(b"".join, roots), strict=True))
    for tile, stored in zip(wanted, whole, strict=True):
        if stored:
            found[tile] = stored
        elif tile.level == 0:
            found[tile] = b"".join(leaves(conn, tile.n * WIDTH, tile.n * WIDTH + tile.width))
        if len(found.get(tile, b"")) < tile.width * 32:
            raise VerificationError("tile", "not there")
    return found


def _below(tile: TileId) -> Span:
    """The full tiles one level down whose roots are what a tile of level 1 or more consists of."""
    return Span(tile.level - 1, tile.n * WIDTH, tile.width)


def inclusion(conn: Transaction, index: int, size: int) -> list[bytes]:
    """Return the proof that the entry at `index` is in the tree of `size`; VerificationError where it is archived."""
    return prove(conn, size, partial(inclusion_proof, index, size))


def consistency(conn: Transaction, old: int, new: int) -> list[bytes]:
    """Return the proof that the tree of `new` begins with that of `old`; VerificationError below the minimum index."""
    return prove(conn, new, partial(consistency_proof, old, new))


def prove(conn: Transaction, size: int, make: Callable[[Nodes, Digest], T]) -> T:
    """Return what `make` makes of the hashes of the tree of `size`, all tiles that it needs being read at once.

    `make` takes a source of hashes and the log's hash function; it asks for the same hashes whatever they are.
    """
    held = tiles(conn, tiles_of(make, size))
    digest = digest_of(conn)
    return make(nodes_from_tiles(lambda level, n, width: held[TileId(level, n, width)], size, digest), digest)
