"""C2SP tlog-tiles: coordinates, paths, entry bundles, building full tiles while appending, hashes out of tiles.

Only full tiles are ever stored; partial ones are derived (level 0 from the last entries, level L from the roots of
the full tiles of level L-1).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from lookup.ledger.merkle import Frontier, Nodes, spans
from lookup.ledger.wire import Digest, VerificationError, decimal, sha256

WIDTH = 256
ENTRIES = -1
"""The `level` of an entry bundle in a TileId."""

ReadTile = Callable[[int, int, int], bytes]
"""(level, n, width) to the tile's bytes, at least `width` hashes of them; raises VerificationError if it has none."""


class TileId(NamedTuple):
    """Coordinates of a tile or (level ENTRIES) entry bundle; `width` 256 is full, 1 to 255 partial."""

    level: int
    n: int
    width: int = WIDTH


class Tile(NamedTuple):
    """A full tile: 8192 bytes of hashes and the root over them."""

    level: int
    n: int
    hashes: bytes
    root: bytes


def tile_path(tile: TileId) -> str:
    """The path below the log's prefix, e.g. `tile/0/x001/x234/067.p/5` or `tile/entries/000`."""
    level = "entries" if tile.level == ENTRIES else str(tile.level)
    rest, last = divmod(tile.n, 1000)
    parts = [f"{last:03}"]
    while rest:
        rest, last = divmod(rest, 1000)
        parts.append(f"x{last:03}")
    suffix = "" if tile.width == WIDTH else f".p/{tile.width}"
    return f"tile/{level}/{'/'.join(reversed(parts))}{suffix}"


def parse_path(path: str) -> TileId:
    """The coordinates of a path that `tile_path` writes; VerificationError for any other spelling."""
    try:
        data = path.encode("ascii")
    except UnicodeEncodeError:
        raise VerificationError("tile path", "not ASCII") from None
    head, mark, width_text = data.partition(b".p/")
    width = decimal(width_text, "tile path", WIDTH) if mark else WIDTH
    parts = head.split(b"/")
    if len(parts) < 3 or parts[0] != b"tile" or width == 0:
        raise VerificationError("tile path", "not a tile")
    level = ENTRIES if parts[1] == b"entries" else decimal(parts[1], "tile path", 64)
    digits = [part[1:] if part[:1] == b"x" else b"" for part in parts[2:-1]] + [parts[-1]]
    if any(len(d) != 3 for d in digits) or (len(digits) > 1 and digits[0] == b"000") or len(digits) > 6:
        raise VerificationError("tile path", "not a tile index")
    return TileId(level, decimal(b"".join(digits).lstrip(b"0") or b"0", "tile path"), width)


def tile_width(level: int, n: int, size: int) -> int:
    """Width of tile (level, n) in a tree of `size`: 0 when there is none, 256 when it is full."""
    return max(0, min(WIDTH, (size >> 8 * max(level, 0)) - n * WIDTH))


def edge(size: int) -> list[TileId]:
    """The partial tiles of a tree of `size`, by rising level: what must be served for every signed size."""
    found = []
    for level in range((size.bit_length() + 7) // 8 + 1):
        count = size >> 8 * level
        if count % WIDTH:
            found.append(TileId(level, count // WIDTH, count % WIDTH))
    return found


class TileBuilder:
    """A growing tree that yields its full tiles. Not shared between threads."""

    def __init__(
        self, size: int = 0, pending: Sequence[Sequence[bytes]] = (), digest: Digest = sha256
    ) -> None:
        """`pending[L]`: the hashes of the partial tile of level L in a tree of `size` (an empty list where none is).

        For level 0 the leaf hashes of the last `size % 256` entries, above it the roots of the last
        `(size >> 8·L) % 256` full tiles of level L-1. VerificationError when they do not fit `size`.
        """
        self._pending = [list(hashes) for hashes in pending]
        wanted = [size >> 8 * level & 255 for level in range(max(len(pending), (size.bit_length() + 7) // 8))]
        if [len(hashes) for hashes in self._pending] != wanted:
            raise VerificationError("frontier", "the right edge does not fit the size")
        parts = [part for hashes in reversed(self._pending) for part in _subtrees(hashes, digest)]
        self.frontier = Frontier(size, parts, digest)

    @property
    def size(self) -> int:
        """Number of leaves."""
        return self.frontier.size

    def root(self) -> bytes:
        """The root of the tree so far."""
        return self.frontier.root()

    def append(self, leaves: Iterable[bytes]) -> list[Tile]:
        """Append leaf hashes; returns the tiles that became full, by level and n."""
        start = self.frontier.size
        made = self.frontier.extend(leaves)
        tiles = []
        for level in range((max(made, default=0) >> 3) + 1):
            if level == len(self._pending):
                self._pending.append([])
            row = self._pending[level] + made.get(8 * level, [])
            first = start >> 8 * (level + 1)
            roots = made.get(8 * (level + 1), [])
            for k, root in enumerate(roots):
                tiles.append(Tile(level, first + k, b"".join(row[k * WIDTH : (k + 1) * WIDTH]), root))
            self._pending[level] = row[len(roots) * WIDTH :]
        return tiles

    def partial(self, level: int) -> bytes:
        """The hashes of the partial tile of `level` (empty when there is none)."""
        return b"".join(self._pending[level]) if level < len(self._pending) else b""


def _subtrees(hashes: Sequence[bytes], digest: Digest) -> list[bytes]:
    """Roots of the complete subtrees over up to 255 hashes, largest first."""
    return [
        tile_root(b"".join(hashes[index << level : index + 1 << level]), digest)
        for level, index in spans(0, len(hashes))
    ]


def nodes_from_tiles(read: ReadTile, size: int, digest: Digest = sha256) -> Nodes:
    """A hash source for proofs in the tree of `size`. Each tile is read once; nothing is verified here.

    VerificationError when a tile is missing or short (pruned or damaged), or the node is not in the tree.
    """
    held: dict[tuple[int, int], bytes] = {}

    def node(level: int, index: int) -> bytes:
        tile_level, height = divmod(level, 8)
        n, offset = divmod(index << height, WIDTH)
        width = tile_width(tile_level, n, size)
        if index < 0 or offset + (1 << height) > width:
            raise VerificationError("tile", "no such node in a tree of this size")
        data = held.get((tile_level, n))
        if data is None:
            data = held[tile_level, n] = read(tile_level, n, width)
        part = data[offset * 32 : (offset + (1 << height)) * 32]
        if len(part) != 32 << height:
            raise VerificationError("tile", "shorter than its width")
        return tile_root(part, digest)

    return node


def tiles_of(prove: Callable[[Nodes, Digest], object], size: int) -> list[TileId]:
    """The tiles that a proof in the tree of `size` needs, so that they can be read at once.

    `prove` makes the proof from a hash source and a hash function; here of nothing, to see what it asks for.
    """
    wanted: dict[TileId, None] = {}

    def node(level: int, index: int) -> bytes:
        tile_level, height = divmod(level, 8)
        n = (index << height) // WIDTH
        wanted[TileId(tile_level, n, tile_width(tile_level, n, size))] = None
        return b""

    prove(node, lambda _: b"")
    return list(wanted)


def tile_root(hashes: bytes, digest: Digest = sha256) -> bytes:
    """The root over 2^k concatenated hashes, 0 <= k <= 8."""
    while len(hashes) > 32:
        hashes = b"".join([digest(b"\x01" + hashes[i : i + 64]) for i in range(0, len(hashes), 64)])
    return hashes


def encode_bundle(bodies: Iterable[bytes]) -> bytes:
    """An entry bundle: each body after its length as big-endian uint16. ValueError for a body above 65,535 bytes."""
    parts = []
    for body in bodies:
        if len(body) > 65_535:
            raise ValueError("entry too long for a bundle")
        parts += [len(body).to_bytes(2, "big"), body]
    return b"".join(parts)


def decode_bundle(data: bytes, width: int) -> list[bytes]:
    """The `width` bodies of a bundle, nothing before, between or after them."""
    bodies = []
    position = 0
    while position < len(data):
        end = position + 2 + int.from_bytes(data[position : position + 2], "big")
        if position + 2 > len(data) or end > len(data):
            raise VerificationError("bundle", "cut short")
        bodies.append(data[position + 2 : end])
        position = end
    if len(bodies) != width:
        raise VerificationError("bundle", "wrong number of entries")
    return bodies
