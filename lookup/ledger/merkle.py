"""The Merkle tree of RFC 9162 section 2.1: hashes, compact range, inclusion and consistency proofs. Pure arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from lookup.ledger.wire import MAX_SIZE, Digest, VerificationError, sha256

Nodes = Callable[[int, int], bytes]
"""A source of hashes: (level, index) to the root of leaves [index·2^level, (index+1)·2^level), a complete subtree."""


def node_hash(left: bytes, right: bytes, digest: Digest = sha256) -> bytes:
    """H(0x01 ‖ left ‖ right)."""
    return digest(b"\x01" + left + right)


def fold(parts: Sequence[bytes], digest: Digest = sha256) -> bytes:
    """The root over neighbouring complete subtrees, largest first; the empty tree's root is H of nothing."""
    if not parts:
        return digest(b"")
    root = parts[-1]
    for part in reversed(parts[:-1]):
        root = digest(b"\x01" + part + root)
    return root


class Frontier:
    """The compact range of a growing tree: at most one complete subtree hash per level. Not shared between threads."""

    __slots__ = ("_digest", "_levels", "size")

    def __init__(self, size: int = 0, hashes: Sequence[bytes] = (), digest: Digest = sha256) -> None:
        """`hashes`: roots of the complete subtrees of a tree of `size`, largest first (one per set bit of size)."""
        if not 0 <= size < MAX_SIZE or size.bit_count() != len(hashes) or any(len(h) != 32 for h in hashes):
            raise VerificationError("frontier", "size and hashes do not agree")
        self.size = size
        self._digest = digest
        waiting = iter(reversed(hashes))
        self._levels: list[bytes | None] = [
            next(waiting) if size >> level & 1 else None for level in range(size.bit_length())
        ]

    def extend(self, leaves: Iterable[bytes]) -> dict[int, list[bytes]]:
        """Append leaf hashes; returns the complete subtree hashes that came about, in order, by level (0: leaves)."""
        made: dict[int, list[bytes]] = {}
        digest = self._digest
        nodes, level = list(leaves), 0
        self.size += len(nodes)
        while nodes:
            made[level] = nodes
            if level == len(self._levels):
                self._levels.append(None)
            held = self._levels[level]
            row = nodes if held is None else [held, *nodes]
            self._levels[level] = row[-1] if len(row) & 1 else None
            pairs = iter(row)
            nodes = [digest(b"\x01" + left + right) for left, right in zip(pairs, pairs, strict=False)]
            level += 1
        return made

    def hashes(self) -> list[bytes]:
        """The complete subtree roots, largest first."""
        return [h for h in reversed(self._levels) if h is not None]

    def root(self) -> bytes:
        """The root of the tree so far, 32 bytes."""
        return fold(self.hashes(), self._digest)

    def to_bytes(self) -> bytes:
        """Size as 8 bytes big-endian, then the hashes, largest first."""
        return self.size.to_bytes(8, "big") + b"".join(self.hashes())

    @classmethod
    def from_bytes(cls, data: bytes, digest: Digest = sha256) -> Frontier:
        """The frontier that `to_bytes` wrote; VerificationError for anything else."""
        if len(data) < 8 or (len(data) - 8) % 32:
            raise VerificationError("frontier", "wrong length")
        hashes = [data[i : i + 32] for i in range(8, len(data), 32)]
        return cls(int.from_bytes(data[:8], "big"), hashes, digest)


def spans(low: int, high: int) -> list[tuple[int, int]]:
    """The complete subtrees (level, index) that cover leaves [low, high) from left to right, for RFC 9162 ranges."""
    found = []
    while low < high:
        level = (high - low).bit_length() - 1
        if low:
            level = min(level, (low & -low).bit_length() - 1)
        found.append((level, low >> level))
        low += 1 << level
    return found


def range_hash(low: int, high: int, nodes: Nodes, digest: Digest = sha256) -> bytes:
    """MTH(D[low:high]) for a range that occurs in an RFC 9162 tree."""
    return fold([nodes(level, index) for level, index in spans(low, high)], digest)


def inclusion_proof(index: int, size: int, nodes: Nodes, digest: Digest = sha256) -> list[bytes]:
    """PATH(index, D[0:size]): sibling hashes from the leaf up. ValueError unless 0 <= index < size."""
    if not 0 <= index < size:
        raise ValueError("index outside the tree")
    low, high = 0, size
    path: list[bytes] = []
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            path.append(range_hash(middle, high, nodes, digest))
            high = middle
        else:
            path.append(range_hash(low, middle, nodes, digest))
            low = middle
    return path[::-1]


def consistency_proof(old: int, new: int, nodes: Nodes, digest: Digest = sha256) -> list[bytes]:
    """PROOF(old, D[0:new]); empty for old = 0 and old = new. ValueError unless 0 <= old <= new."""
    if not 0 <= old <= new:
        raise ValueError("sizes out of order")
    if old in (0, new):
        return []
    low, high, whole = 0, new, True
    path: list[bytes] = []
    while old != high:
        middle = low + _split(high - low)
        if old <= middle:
            path.append(range_hash(middle, high, nodes, digest))
            high = middle
        else:
            path.append(range_hash(low, middle, nodes, digest))
            low, whole = middle, False
    if not whole:
        path.append(range_hash(low, high, nodes, digest))
    return path[::-1]


def verify_inclusion(
    index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes, digest: Digest = sha256
) -> None:
    """Check that `leaf` stands at `index` in the tree (size, root) (RFC 9162 section 2.1.3.2)."""
    if not 0 <= index < size < MAX_SIZE:
        raise VerificationError("inclusion", "index outside the tree")
    inner = (index ^ (size - 1)).bit_length()
    if len(proof) != inner + (index >> inner).bit_count():
        raise VerificationError("inclusion", "wrong number of hashes")
    _check_hashes("inclusion", leaf, root, *proof)
    value = leaf
    for height, sibling in enumerate(proof):
        on_right = height >= inner or index >> height & 1
        value = node_hash(sibling, value, digest) if on_right else node_hash(value, sibling, digest)
    if value != root:
        raise VerificationError("inclusion", "the proof does not lead to the root")


def verify_consistency(
    old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes, digest: Digest = sha256
) -> None:
    """Check that the tree (new, new_root) begins with the tree (old, old_root) (RFC 9162 section 2.1.4.2)."""
    if not 0 <= old <= new < MAX_SIZE:
        raise VerificationError("consistency", "sizes out of order")
    _check_hashes("consistency", old_root, new_root, *proof)
    if old in (0, new):
        same = old_root == (digest(b"") if old == 0 else new_root)
        if proof or not same or (new == 0 and new_root != old_root):
            raise VerificationError(
                "consistency", "trees of these sizes need an empty proof and the right roots"
            )
        return
    shift = (old & -old).bit_length() - 1
    inner = ((old - 1) ^ (new - 1)).bit_length()
    power = old == 1 << shift
    expected = inner - shift + ((old - 1) >> inner).bit_count() + (0 if power else 1)
    if len(proof) != expected:
        raise VerificationError("consistency", "wrong number of hashes")
    first = second = old_root if power else proof[0]
    for height, sibling in enumerate(proof if power else proof[1:], shift):
        if height >= inner or (old - 1) >> height & 1:
            first, second = node_hash(sibling, first, digest), node_hash(sibling, second, digest)
        else:
            second = node_hash(second, sibling, digest)
    if first != old_root or second != new_root:
        raise VerificationError("consistency", "the proof does not lead to both roots")


def _split(size: int) -> int:
    return 1 << (size - 1).bit_length() - 1


def _check_hashes(check: str, *hashes: bytes) -> None:
    if any(len(value) != 32 for value in hashes):
        raise VerificationError(check, "hashes are 32 bytes")
