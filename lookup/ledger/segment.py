"""Archive segments: entries [lo, hi), aligned to 65,536, as files that verify on their own and can be restored.

Files: `tile/entries/N` bundles (C2SP), `restricted.jsonl` (separately erasable), `frontier` (the tree at lo),
`consistency` (from hi to the checkpoint), `checkpoint` (size >= hi, cosigned), `manifest.json` (SHA-256 of each,
uncompressed). Level-0 tiles are recomputed, never archived. Pure: paths and bytes only.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from json.encoder import encode_basestring
from typing import Any

from lookup.ledger.entry import ACTIONS, OUTCOMES, Row, b64u, body_of_row, canonical, leaf_hash
from lookup.ledger.merkle import Frontier
from lookup.ledger.proof import parse_body, verify_opening
from lookup.ledger.tiles import ENTRIES, WIDTH, TileId, encode_bundle, tile_path
from lookup.ledger.wire import Digest, VerificationError, b64encode, sha256

ALIGN = 65_536
LEAST_DAYS, YEARS_3 = 183, 1096
"""Entries stay online for at least six months (网络安全法 art 21: 日志留存不少于六个月), by default for three years."""

RESTRICTED = "restricted.jsonl"
_SALT = re.compile(r"[A-Za-z0-9_-]{21}[AQgw]")
MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a segment consists of: `files` maps a path to the SHA-256 (hex) of its uncompressed bytes."""

    origin: str
    lo: int
    hi: int
    size: int
    files: dict[str, str]

    def to_bytes(self) -> bytes:
        """Canonical JSON; its SHA-256 is what `sys.archive` records in the log."""
        head = {"v": 1, "origin": self.origin, "lo": self.lo, "hi": self.hi, "size": self.size}
        return canonical({**self.files, **head})


def parse_manifest(data: bytes) -> Manifest:
    """The manifest of a segment; VerificationError for anything else."""
    try:
        members = json.loads(data)
        if type(members) is not dict or canonical(members) != data or members.pop("v") != 1:
            raise ValueError
        origin, *numbers = (members.pop(name) for name in ("origin", "lo", "hi", "size"))
    except (ValueError, KeyError, RecursionError):
        raise VerificationError("manifest", "not a manifest of version 1") from None
    if type(origin) is not str or not all(type(n) is int for n in numbers):
        raise VerificationError("manifest", "members of another type")
    lo, hi, size = numbers
    if not (0 <= lo < hi <= size and lo % ALIGN == hi % ALIGN == 0):
        raise VerificationError("manifest", "not an aligned segment")
    expected = (
        {"frontier", "consistency", "checkpoint", RESTRICTED, *bundle_paths(lo, hi)}
        if hi - lo < 1 << 32
        else set()
    )
    if members.keys() != expected or not all(type(h) is str and len(h) == 64 for h in members.values()):
        raise VerificationError("manifest", "not the files of this segment")
    return Manifest(origin, lo, hi, size, members)


def bundle_paths(lo: int, hi: int) -> list[str]:
    """The entry bundles of [lo, hi)."""
    return [tile_path(TileId(ENTRIES, n)) for n in range(lo // WIDTH, hi // WIDTH)]


def restricted_line(index: int, row: Row) -> bytes:
    """The line of a whole entry's restricted part; empty for an erased entry."""
    if row.salt is None:
        return b""
    parts = {"i": index, "s": b64u(row.salt), "n": row.net, "d": row.detail}
    return canonical({k: v for k, v in parts.items() if v is not None}) + b"\n"


def segment_files(
    origin: str,
    frontier: Frontier,
    rows: Iterable[Row],
    checkpoint: tuple[int, bytes],
    consistency: Sequence[bytes],
    digest: Digest = sha256,
) -> Iterator[tuple[str, bytes]]:
    """The files of a segment, in the order in which they can be written; the manifest last.

    `frontier` is the tree at lo (it is moved on to hi); `rows` the entries from lo on, their number a positive
    multiple of 65,536 (else ValueError); `checkpoint` (size, note) at or after hi; `consistency` the proof from hi.
    """
    lo, hashes = frontier.size, {}
    restricted: list[bytes] = []
    files = {"frontier": frontier.to_bytes(), "checkpoint": checkpoint[1]}
    files["consistency"] = b"".join(b64encode(h) + b"\n" for h in consistency)
    for path, data in files.items():
        hashes[path] = sha256(data).hex()
        yield path, data
    for chunk in _chunks(rows):
        start = frontier.size
        bodies = [body_of_row(row, digest) for row in chunk]
        restricted += [restricted_line(start + i, row) for i, row in enumerate(chunk)]
        frontier.extend(leaf_hash(body, digest) for body in bodies)
        path, data = tile_path(TileId(ENTRIES, start // WIDTH)), encode_bundle(bodies)
        hashes[path] = sha256(data).hex()
        yield path, data
    if lo % ALIGN or frontier.size % ALIGN or frontier.size == lo:
        raise ValueError("segments are aligned to 65,536 entries")
    joined = b"".join(restricted)
    hashes[RESTRICTED] = sha256(joined).hex()
    yield RESTRICTED, joined
    yield MANIFEST, Manifest(origin, lo, frontier.size, checkpoint[0], hashes).to_bytes()


def _chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    chunk: list[Row] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == WIDTH:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def parse_restricted(data: bytes) -> dict[int, tuple[bytes, str | None, str | None]]:
    """Index to (salt, net, detail) of a restricted file; VerificationError unless every line is canonical."""
    found: dict[int, tuple[bytes, str | None, str | None]] = {}
    for line in data.split(b"\n")[:-1] if data.endswith(b"\n") else ([] if not data else [b""]):
        try:
            members = json.loads(line)
            index, salt, net, detail = members["i"], members["s"], members.get("n"), members.get("d")
            if type(index) is not int or index in found or _line(index, salt, net, detail) != line:
                raise ValueError
            found[index] = (base64.urlsafe_b64decode(salt + "=="), net, detail)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise VerificationError("restricted", "not a restricted part") from None
    return found


def _line(index: int, salt: str, net: str | None, detail: str | None) -> bytes:
    """The one spelling of a restricted line, without its newline; TypeError or ValueError when it has none."""
    if not _SALT.fullmatch(salt) or not abs(index) < 1 << 53:
        raise ValueError
    before = "" if detail is None else '"d":' + encode_basestring(detail) + ","
    after = "" if net is None else ',"n":' + encode_basestring(net)
    return f'{{{before}"i":{index}{after},"s":"{salt}"}}'.encode()


def restore_row(
    body: bytes, opening: tuple[bytes, str | None, str | None] | None, digest: Digest = sha256
) -> Row:
    """The row of an archived entry: whole when its restricted part is there and opens it, erased otherwise."""
    members: dict[str, Any] = parse_body(body)
    action, outcome = ACTIONS.get(members["a"]), OUTCOMES.get(members["o"])
    if action is None or outcome is None:
        raise VerificationError("entry", "unknown action or outcome")
    if opening is not None:
        verify_opening(members, *opening, digest)
    salt, net, detail = opening if opening is not None else (None, None, None)
    report = _token(members["r"]) if "r" in members else None
    kept = _token(members["c"]) if opening is None else None
    return Row(
        members["w"], members["s"], members["t"], action, outcome, _token(members["u"]), report, net, detail, salt,
        kept, None,
    )  # fmt: skip


def prune_limit(archived: int, cosigned: int, witnesses: Iterable[int]) -> int:
    """The largest minimum index allowed: everything below is archived, under a cosigned checkpoint, and no witness
    is behind it; aligned down to a segment. Sizes in entries."""
    return min([archived, cosigned, *witnesses]) // ALIGN * ALIGN


def _token(text: str) -> bytes:
    try:
        value = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (ValueError, binascii.Error):
        raise VerificationError("entry", "not a token") from None
    if b64u(value) != text:
        raise VerificationError("entry", "not a token")
    return value
