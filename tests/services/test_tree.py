"""Proofs out of the database are those of the plain tree over its entries, whatever is stored or derived."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookup.ledger.entry import body_of_row, leaf_hash
from lookup.ledger.tiles import TileId
from lookup.ledger.wire import VerificationError
from lookup.services import tree
from lookup.services.integrate import open_sequencer
from lookup.storage import rereading
from lookup.storage.database import Database
from tests.ledger import plain
from tests.services.test_attacks import attack
from tests.storage.test_lanes import DRAFT
from tests.support.contexts import worker
from tests.support.entries import put_many

TICKS = ((1, 2), (3, 1), (200, 46), (1, 1), (0, 1), (300, 44), (1, 7))
SIZE = sum(map(sum, TICKS))


def grown(database: Database) -> list[bytes]:
    """Two lanes that took turns, in runs of many lengths; returns the leaf hashes in the order of the tree."""
    sequencer = open_sequencer(worker(database))
    for here, there in TICKS:
        with database.engine.connect():
            put_many(database, [DRAFT] * there)
        put_many(database, [DRAFT] * here)
        sequencer.tick()
    with database.read() as conn:
        rows = list(rereading.entries_in_tree_order(conn))
    assert len({row[0] for row in rows}) == 2
    return [leaf_hash(body_of_row(row)) for row in rows]


def test_every_proof_is_that_of_the_plain_tree(database: Database) -> None:
    """Of any index in any size, and between any two sizes, while full tiles, roots and entries take their parts."""
    leaves = grown(database)
    assert len(leaves) == SIZE

    @given(st.integers(1, SIZE), st.data())
    def hold(size: int, data: st.DataObject) -> None:
        index = data.draw(st.integers(0, size - 1))
        assert tree.inclusion(conn, index, size) == plain.inclusion(index, leaves[:size])
        assert tree.consistency(conn, index + 1, size) == plain.consistency(index + 1, leaves[:size])

    with database.read() as conn:
        hold()


def test_the_right_edge_is_that_of_the_entries(database: Database) -> None:
    """What the sequencer goes on from: the leaf hashes since the last full tile, and the roots of full ones."""
    leaves = grown(database)
    roots = [plain.tree_hash(leaves[:256]), plain.tree_hash(leaves[256:512])]
    with database.read() as conn:
        assert tree.right_edge(conn, SIZE) == [leaves[512:], roots]
        assert tree.right_edge(conn, 256) == [[], roots[:1]]
        assert tree.right_edge(conn, 255) == [leaves[:255]]
        assert tree.right_edge(conn, 0) == [[]]


def test_a_tile_that_was_taken_away_is_derived_and_a_missing_entry_ends_it(database: Database) -> None:
    """Entries give the hashes of a full tile that is gone; where one of them is gone too there is no proof."""
    leaves = grown(database)
    attack(database, "DELETE FROM audit_tile WHERE level = 0 AND n = 0")
    with database.read() as conn:
        assert tree.tiles(conn, [TileId(0, 0)])[TileId(0, 0)] == b"".join(leaves[:256])
        assert tree.inclusion(conn, 3, 256) == plain.inclusion(3, leaves[:256])
        with pytest.raises(VerificationError, match="not there"):
            tree.inclusion(conn, 3, SIZE)
    attack(database, "DELETE FROM audit_entry WHERE seq = 100")
    with database.read() as conn, pytest.raises(VerificationError, match="not there"):
        tree.inclusion(conn, 3, 256)
