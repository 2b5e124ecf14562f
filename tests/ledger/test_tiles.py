"""Tiles: the coordinates and examples of C2SP tlog-tiles, building, reading, bundles."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lookup.ledger.entry import leaf_hash
from lookup.ledger.merkle import (
    Frontier,
    consistency_proof,
    inclusion_proof,
    verify_consistency,
    verify_inclusion,
)
from lookup.ledger.tiles import (
    ENTRIES,
    TileBuilder,
    TileId,
    decode_bundle,
    edge,
    encode_bundle,
    nodes_from_tiles,
    parse_path,
    tile_path,
    tile_width,
    tiles_of,
)
from lookup.ledger.wire import VerificationError, sha256
from tests.ledger import plain

HASHES = [leaf_hash(b"%d" % i) for i in range(70_000)]


class Store:
    """Full tiles in memory, partial ones from the builder."""

    def __init__(self, size: int, step: int = 1000) -> None:
        self.builder = TileBuilder()
        self.full: dict[tuple[int, int], bytes] = {}
        self.roots: dict[tuple[int, int], bytes] = {}
        for start in range(0, size, step):
            for tile in self.builder.append(HASHES[start : min(size, start + step)]):
                self.full[tile.level, tile.n] = tile.hashes
                self.roots[tile.level, tile.n] = tile.root

    def read(self, level: int, n: int, width: int) -> bytes:
        return self.full[level, n] if width == 256 else self.builder.partial(level)


def test_the_example_of_the_specification() -> None:
    """A tree of 70,000 has 273 full and a 112-wide tile at level 0, 1 and 17 at level 1, width 1 at level 2."""
    store = Store(70_000)
    assert sorted(k for k in store.full if k[0] == 1) == [(1, 0)]
    assert sum(k[0] == 0 for k in store.full) == 273
    assert edge(70_000) == [TileId(0, 273, 112), TileId(1, 1, 17), TileId(2, 0, 1)]
    assert [len(store.builder.partial(level)) // 32 for level in range(4)] == [112, 17, 1, 0]


def test_a_size_of_exactly_256_has_a_level_one_tile() -> None:
    """256 entries are one full tile and `tile/1/000.p/1`."""
    assert [tile_path(t) for t in edge(256)] == ["tile/1/000.p/1"]
    store = Store(256)
    assert store.builder.partial(1) == store.builder.root() == store.roots[0, 0]


def test_paths_of_the_specification() -> None:
    """Index 1234067 is x001/x234/067; partial tiles and bundles are named as specified."""
    assert tile_path(TileId(0, 1234067)) == "tile/0/x001/x234/067"
    assert tile_path(TileId(63, 5, 1)) == "tile/63/005.p/1"
    assert tile_path(TileId(ENTRIES, 1000, 255)) == "tile/entries/x001/000.p/255"


@given(st.integers(-1, 63), st.integers(0, 2**54), st.integers(1, 256))
def test_paths_round_trip(level: int, n: int, width: int) -> None:
    """Every coordinate has one path and comes back from it."""
    assert parse_path(tile_path(TileId(level, n, width))) == TileId(level, n, width)


@pytest.mark.parametrize("path", [
    "", "tile", "tile/0", "tile/0/", "tile/00/000", "tile/64/000", "tile/0/0", "tile/0/0000", "tile/0/x001",
    "tile/0/x000/001", "tile/0/001/002", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000.p/",
    "tile/0/000.p/1/", "/tile/0/000", "tile/+1/000", "tile/0/+01", "tile/0/1_0", "tile/0/٠٠٠", "tile/-1/000",
    "tile/entries/x001/x2/000", "tile/0/x999/x999/x999/x999/x999/x999/999", "tile/0/00\n", "Tile/0/000",
])  # fmt: skip
def test_other_spellings_of_a_path_are_refused(path: str) -> None:
    """There is one spelling of a tile; anything else is not found."""
    with pytest.raises(VerificationError):
        parse_path(path)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 70_000), st.integers(1, 5000))
def test_roots_and_proofs_come_out_of_tiles(size: int, step: int) -> None:
    """A tree read back from its tiles gives the tree's root and proofs that verify."""
    store = Store(size, step)
    tree = Frontier()
    tree.extend(HASHES[:size])
    assert store.builder.root() == tree.root()
    nodes = nodes_from_tiles(store.read, size)
    if size:
        for index in {0, size // 3, size - 1}:
            verify_inclusion(index, size, HASHES[index], inclusion_proof(index, size, nodes), tree.root())
        old = size * 2 // 3
        before = Frontier()
        before.extend(HASHES[:old])
        verify_consistency(old, size, consistency_proof(old, size, nodes), before.root(), tree.root())


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 70_000), st.data())
def test_a_proof_reads_the_tiles_it_names_and_is_that_of_the_plain_tree(
    size: int, data: st.DataObject
) -> None:
    """Any proof out of the tiles that `tiles_of` told, each at its width, is what RFC 9162's recursion gives."""
    index = data.draw(st.integers(0, size - 1))
    store, leaves = Store(size), HASHES[:size]
    for make, wanted in (
        (partial(inclusion_proof, index, size), plain.inclusion(index, leaves)),
        (partial(consistency_proof, index + 1, size), plain.consistency(index + 1, leaves)),
    ):
        held = {tuple(tile): store.read(*tile)[: tile.width * 32] for tile in tiles_of(make, size)}
        nodes = nodes_from_tiles(lambda *tile, held=held: held.pop(tile), size)
        assert make(nodes, sha256) == wanted
        assert held == {}


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 70_000))
def test_the_right_edge_resumes(size: int) -> None:
    """A builder made from the stored tiles' roots and the last entries goes on as if it had never stopped."""
    store = Store(size)
    pending = []
    for level in range((size.bit_length() + 7) // 8):
        count = size >> 8 * level
        hashes = range(count - count % 256, count)
        pending.append([HASHES[i] if level == 0 else store.roots[level - 1, i] for i in hashes])
    again = TileBuilder(size, pending)
    assert again.root() == store.builder.root()
    assert again.append(HASHES[:600]) == store.builder.append(HASHES[:600])
    assert again.root() == store.builder.root()


def test_a_wrong_right_edge_is_refused() -> None:
    """A builder does not start from hashes that do not fit the size."""
    for size, pending in ((1, []), (1, [[]]), (256, [[bytes(32)]]), (0, [[bytes(32)]])):
        with pytest.raises(VerificationError):
            TileBuilder(size, pending)


def test_missing_and_short_tiles_are_one_error() -> None:
    """A node outside the tree or of a damaged tile raises VerificationError and nothing else."""
    nodes = nodes_from_tiles(lambda level, n, width: b"", 300)
    for level, index in ((0, 0), (0, 300), (8, 1), (0, -1), (9, 0)):
        with pytest.raises(VerificationError):
            nodes(level, index)


def test_tile_widths() -> None:
    """Widths follow floor(size / 256^level) and stop at 256."""
    assert [tile_width(0, n, 600) for n in range(4)] == [256, 256, 88, 0]
    assert (tile_width(1, 0, 600), tile_width(ENTRIES, 2, 600)) == (2, 88)


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_bundles_round_trip(bodies: list[bytes]) -> None:
    """Entries come back from a bundle; a bundle of another width is refused."""
    data = encode_bundle(bodies)
    assert decode_bundle(data, len(bodies)) == bodies
    for damaged, width in ((data, len(bodies) + 1), (data + b"\0", len(bodies)), (data[:-1], len(bodies))):
        if damaged != data or width != len(bodies):
            with pytest.raises(VerificationError):
                decode_bundle(damaged + (b"\xff" if not damaged else b""), width)


def test_an_entry_too_long_for_a_bundle_is_refused() -> None:
    """A body has at most 65,535 bytes."""
    assert len(encode_bundle([bytes(65_535)])) == 65_537
    with pytest.raises(ValueError, match="too long"):
        encode_bundle([bytes(65_536)])
