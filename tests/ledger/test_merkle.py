"""The tree against RFC 6962's published vectors, an independent implementation, and tampering."""

from __future__ import annotations

import hashlib
from itertools import pairwise

import pytest
from cryptography.hazmat.primitives.hashes import SM3, Hash
from hypothesis import given
from hypothesis import strategies as st

from lookup.ledger.entry import leaf_hash
from lookup.ledger.merkle import (
    Frontier,
    Nodes,
    consistency_proof,
    inclusion_proof,
    range_hash,
    verify_consistency,
    verify_inclusion,
)
from lookup.ledger.tiles import tile_root
from lookup.ledger.wire import MAX_SIZE, VerificationError

LEAVES = [bytes.fromhex(x) for x in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def leaves(count: int) -> list[bytes]:
    return [leaf_hash(b"entry %d" % i) for i in range(count)]


def memory(hashes: list[bytes]) -> Nodes:
    """A slow, obvious hash source."""

    def node(level: int, index: int) -> bytes:
        part = hashes[index << level : index + 1 << level]
        assert len(part) == 1 << level
        while len(part) > 1:
            part = [
                hashlib.sha256(b"\1" + a + b).digest() for a, b in zip(part[::2], part[1::2], strict=True)
            ]
        return part[0]

    return node


def test_roots_of_the_published_vectors() -> None:
    """The roots of RFC 6962's reference tree of eight leaves, the empty tree included, are reproduced."""
    tree = Frontier()
    assert tree.root().hex() == ROOTS[0]
    for data, root in zip(LEAVES, ROOTS[1:], strict=True):
        tree.extend([leaf_hash(data)])
        assert tree.root().hex() == root


def test_published_proofs() -> None:
    """RFC 6962's reference proofs: leaf 0 in 8 leaves, and 6 leaves to 8."""
    source = memory([leaf_hash(d) for d in LEAVES])
    assert [h.hex() for h in inclusion_proof(0, 8, source)] == [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]
    assert [h.hex() for h in consistency_proof(6, 8, source)] == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


def test_every_inclusion_and_consistency_proof_of_small_trees() -> None:
    """Every proof of every tree up to 40 leaves verifies, and fails for another index, leaf, root or length."""
    hashes = leaves(40)
    source = memory(hashes)
    roots = [Frontier().root()]
    tree = Frontier()
    for h in hashes:
        tree.extend([h])
        roots.append(tree.root())
    for size in range(1, 41):
        for index in range(size):
            proof = inclusion_proof(index, size, source)
            verify_inclusion(index, size, hashes[index], proof, roots[size])
            for args in (
                (index, size, hashes[index - 1] if size > 1 else bytes(32), proof, roots[size]),
                (index, size, hashes[index], proof, roots[size - 1]),
                (index, size, hashes[index], [*proof, bytes(32)], roots[size]),
            ):
                with pytest.raises(VerificationError):
                    verify_inclusion(*args)
        for old in range(size + 1):
            proof = consistency_proof(old, size, source)
            verify_consistency(old, size, proof, roots[old], roots[size])
            with pytest.raises(VerificationError):
                verify_consistency(old, size, [*proof, bytes(32)], roots[old], roots[size])
            with pytest.raises(VerificationError):
                verify_consistency(old, size, proof, bytes(32), roots[size])
            if old:
                with pytest.raises(VerificationError):
                    verify_consistency(old, size, proof, roots[old], bytes(32))


@given(st.lists(st.integers(0, 700), max_size=6))
def test_bulk_and_single_appends_agree(cuts: list[int]) -> None:
    """However leaves are grouped into appends, the frontier and its completed subtrees are the same."""
    hashes = leaves(sum(cuts))
    one, many = Frontier(), Frontier()
    singles: dict[int, list[bytes]] = {}
    for h in hashes:
        for level, made in one.extend([h]).items():
            singles.setdefault(level, []).extend(made)
    grouped: dict[int, list[bytes]] = {}
    for start, end in pairwise([0, *(sum(cuts[: i + 1]) for i in range(len(cuts)))]):
        for level, made in many.extend(hashes[start:end]).items():
            grouped.setdefault(level, []).extend(made)
    assert singles == grouped
    assert one.to_bytes() == many.to_bytes()
    assert Frontier.from_bytes(one.to_bytes()).root() == many.root()
    assert range_hash(0, len(hashes), memory(hashes)) == many.root()


def test_the_last_leaf_is_never_doubled() -> None:
    """A tree of three leaves is not the tree of four whose last two are equal."""
    a, b = Frontier(), Frontier()
    a.extend(leaves(3))
    b.extend([*leaves(3), leaves(3)[2]])
    assert a.root() != b.root()


@given(st.integers(1, 300), st.data())
def test_proofs_equal_an_independent_implementation(size: int, data: st.DataObject) -> None:
    """Roots and inclusion paths are those of pymerkle (a test-only oracle)."""
    from pymerkle import InmemoryTree

    index = data.draw(st.integers(0, size - 1))
    oracle = InmemoryTree(algorithm="sha256")
    for i in range(size):
        oracle.append_entry(b"entry %d" % i)
    hashes = leaves(size)
    tree = Frontier()
    tree.extend(hashes)
    assert tree.root() == oracle.get_root()
    path = oracle.prove_inclusion(index + 1, size).path
    assert inclusion_proof(index, size, memory(hashes)) == path[1:]
    older = oracle.get_root(index + 1)
    verify_consistency(
        index + 1, size, consistency_proof(index + 1, size, memory(hashes)), older, tree.root()
    )


@pytest.mark.parametrize("size", [MAX_SIZE, MAX_SIZE + 5, -1])
def test_sizes_out_of_range_are_refused(size: int) -> None:
    """Sizes of 2^62 and above, and below zero, are refused before anything is hashed."""
    with pytest.raises(VerificationError):
        verify_inclusion(0, size, bytes(32), [], bytes(32))
    with pytest.raises(VerificationError):
        verify_consistency(0, size, [], bytes(32), bytes(32))
    with pytest.raises(VerificationError):
        Frontier(size)


@pytest.mark.parametrize("data", [b"", bytes(7), bytes(9), (1).to_bytes(8, "big"), bytes(8 + 32)])
def test_a_damaged_frontier_is_refused(data: bytes) -> None:
    """Bytes that no frontier wrote are refused."""
    with pytest.raises(VerificationError):
        Frontier.from_bytes(data)


def test_proof_ranges_are_checked() -> None:
    """Asking for a proof outside the tree is a programming error."""
    with pytest.raises(ValueError, match="outside"):
        inclusion_proof(3, 3, memory(leaves(3)))
    with pytest.raises(ValueError, match="order"):
        consistency_proof(4, 3, memory(leaves(3)))


def test_lengths_are_checked_before_anything_is_hashed() -> None:
    """A proof of the wrong length, or for an impossible size, costs no hashing."""

    def never(data: bytes) -> bytes:
        raise AssertionError("hashed")

    for index, size, count in ((5, 8, 2), (5, 8, 4), (0, 1, 1), (7, 8, 63), (0, MAX_SIZE, 62), (8, 8, 3)):
        with pytest.raises(VerificationError):
            verify_inclusion(index, size, bytes(32), [bytes(32)] * count, bytes(32), never)
    for old, new, count in ((5, 8, 2), (4, 8, 2), (6, 8, 4), (7, 7, 1), (9, 8, 1), (1, MAX_SIZE, 62)):
        with pytest.raises(VerificationError):
            verify_consistency(old, new, [bytes(32)] * count, bytes(32), bytes(32), never)


def test_another_hash_function_can_be_chosen() -> None:
    """With SM3 for SHA-256 tree, proofs and verification work the same, and the two never agree."""

    def sm3(data: bytes) -> bytes:
        state = Hash(SM3())
        state.update(data)
        return state.finalize()

    hashes = [leaf_hash(data, sm3) for data in LEAVES]
    tree = Frontier(digest=sm3)
    tree.extend(hashes)

    def node(level: int, index: int) -> bytes:
        return tile_root(b"".join(hashes[index << level : index + 1 << level]), sm3)

    for index in range(8):
        verify_inclusion(index, 8, hashes[index], inclusion_proof(index, 8, node, sm3), tree.root(), sm3)
        with pytest.raises(VerificationError):
            verify_inclusion(index, 8, hashes[index], inclusion_proof(index, 8, node, sm3), tree.root())
    assert tree.root().hex() != ROOTS[8]
