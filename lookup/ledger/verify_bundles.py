"""Verifies a whole log from its entry bundles and one checkpoint (C2SP tlog-tiles), as an auditor has them.

Shares no hashing code with the writing side. What was pruned has no bundles: its segments are verified from the
archive (`verify_segment`).
"""

from __future__ import annotations

from collections.abc import Callable

from lookup.ledger.findings import Report, judged
from lookup.ledger.note import Check
from lookup.ledger.policy import Policy, accept
from lookup.ledger.reread import Tree
from lookup.ledger.segment import restore_row
from lookup.ledger.tiles import ENTRIES, WIDTH, TileId, decode_bundle, tile_path
from lookup.ledger.wire import Digest, VerificationError, sha256

Read = Callable[[str], bytes | None]
"""Path below the log's prefix (`checkpoint`, `tile/entries/000`) to the bytes there, None when there are none."""


def verify_bundles(
    read: Read,
    policy: Policy,
    check: Check,
    *,
    since: bytes | None = None,
    progress: Callable[[int], None] | None = None,
    digest: Digest = sha256,
) -> Report:
    """Check the checkpoint (with quorum), the form of every entry, each lane's numbers, and the root they lead to.

    `since` is a checkpoint note kept from earlier: the log must begin with that tree. Checks by name: those of the
    formats, writer-density, root, anchor, entry-missing.
    """
    return judged(lambda report: _verify(report, read, policy, check, since, progress, digest))


def _verify(
    report: Report,
    read: Read,
    policy: Policy,
    check: Check,
    since: bytes | None,
    progress: Callable[[int], None] | None,
    digest: Digest,
) -> None:
    head = accept(read("checkpoint") or b"", policy, check).checkpoint
    old = accept(since, policy, check, quorum=False).checkpoint if since is not None else None
    if old is not None and old.size > head.size:
        raise VerificationError("anchor", "the log is shorter than the checkpoint kept from earlier")
    walk, tree = _Lanes(report), Tree(digest)
    for n in range(-(-head.size // WIDTH)):
        for offset, body in enumerate(_bundle(read, n, head.size)):
            _meet(report, tree, old)
            walk.entry(n * WIDTH + offset, body, digest)
            tree.push(digest(b"\x00" + body))
            report.size += 1
        tree.rows.clear()
        if progress is not None:
            progress(report.size)
    _meet(report, tree, old)
    report.root, report.checkpoints = tree.root(), 1
    if report.root != head.root:
        report.add("root", f"the entries do not lead to the signed root of size {head.size}")


def _bundle(read: Read, n: int, size: int) -> list[bytes]:
    width = min(WIDTH, size - n * WIDTH)
    data = read(tile_path(TileId(ENTRIES, n, width)))
    if data is None:
        raise VerificationError("entry-missing", f"there is no bundle {n} of {width} entries")
    return decode_bundle(data, width)


def _meet(report: Report, tree: Tree, old: object) -> None:
    if getattr(old, "size", None) == report.size and not report.anchors:
        report.anchors = 1
        if tree.root() != getattr(old, "root", None):
            report.add(
                "anchor", f"FORK: the checkpoint of size {report.size} kept from earlier has another root"
            )


class _Lanes:
    """The numbers of each lane, which have no holes."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._next: dict[int, int] = {}

    def entry(self, index: int, body: bytes, digest: Digest) -> None:
        row = restore_row(body, None, digest)
        expected = self._next.get(row.writer, 1)
        if row.seq != expected:
            self._report.add(
                "writer-density", f"entry {index}: writer {row.writer} goes on at {row.seq}, not {expected}"
            )
        self._next[row.writer] = row.seq + 1
