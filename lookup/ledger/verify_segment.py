"""Verifies an archive segment from its files alone, under a policy; shares no hashing code with the writing side."""

from __future__ import annotations

from collections.abc import Callable

from lookup.ledger.findings import Report, judged
from lookup.ledger.merkle import Frontier, verify_consistency
from lookup.ledger.note import Check
from lookup.ledger.policy import Policy, accept
from lookup.ledger.reread import Tree, block_root
from lookup.ledger.segment import (
    MANIFEST,
    RESTRICTED,
    Manifest,
    bundle_paths,
    parse_manifest,
    parse_restricted,
    restore_row,
)
from lookup.ledger.tiles import WIDTH, decode_bundle
from lookup.ledger.wire import Digest, VerificationError, sha256
from lookup.ledger.witness import hash_lines

Read = Callable[[str], bytes | None]
"""Path to the uncompressed bytes of a file of the segment, None when it is not there."""


def verify_segment(
    read: Read,
    policy: Policy,
    check: Check,
    *,
    manifest_sha256: bytes | None = None,
    deep: bool = False,
    digest: Digest = sha256,
) -> Report:
    """Check manifest, file hashes, checkpoint (with quorum), every leaf up to hi, and consistency to the checkpoint.

    `manifest_sha256`: what `sys.archive` recorded. `deep` also re-reads every entry and opens every restricted part
    that is there (a missing restricted file is an erasure, not a finding). Report.size is hi, Report.root that tree's.
    """
    return judged(lambda report: _verify(report, read, policy, check, manifest_sha256, deep, digest))


def _verify(
    report: Report,
    read: Read,
    policy: Policy,
    check: Check,
    expected: bytes | None,
    deep: bool,
    digest: Digest,
) -> None:
    raw = read(MANIFEST) or b""
    if expected is not None and sha256(raw) != expected:
        raise VerificationError("manifest", "not the manifest that the log recorded")
    manifest = parse_manifest(raw)
    accepted = accept(_file(read, manifest, "checkpoint"), policy, check)
    head = accepted.checkpoint
    if (head.origin, head.size) != (manifest.origin, manifest.size):
        raise VerificationError("manifest", "another checkpoint")
    opened = _restricted(read, manifest) if deep else {}
    tree = _tree_at(manifest.lo, _file(read, manifest, "frontier"), digest)
    for number, path in enumerate(bundle_paths(manifest.lo, manifest.hi)):
        bodies = decode_bundle(_file(read, manifest, path), WIDTH)
        tree.push(block_root([digest(b"\x00" + body) for body in bodies], digest), 8)
        tree.rows.clear()
        for offset, body in enumerate(bodies if deep else ()):
            restore_row(body, opened.pop(manifest.lo + number * WIDTH + offset, None), digest)
    if opened:
        raise VerificationError("restricted", "parts of entries that are not in the segment")
    report.size, report.root = manifest.hi, tree.root()
    proof = hash_lines(_file(read, manifest, "consistency"), "consistency")
    verify_consistency(manifest.hi, head.size, proof, report.root, head.root, digest)
    report.checkpoints = 1


def _file(read: Read, manifest: Manifest, path: str) -> bytes:
    data = read(path)
    if data is None:
        raise VerificationError("manifest", f"{path} is missing")
    if sha256(data).hex() != manifest.files[path]:
        raise VerificationError("manifest", f"{path} is not what the manifest says")
    return data


def _restricted(read: Read, manifest: Manifest) -> dict[int, tuple[bytes, str | None, str | None]]:
    if read(RESTRICTED) is None:
        return {}
    return parse_restricted(_file(read, manifest, RESTRICTED))


def _tree_at(lo: int, frontier: bytes, digest: Digest) -> Tree:
    """The tree of `lo` leaves; the frontier proves itself when the tree at hi is consistent with the checkpoint."""
    peaks = Frontier.from_bytes(frontier, digest)
    if peaks.size != lo:
        raise VerificationError("frontier", "of another size")
    tree = Tree(digest)
    levels = [level for level in range(lo.bit_length() - 1, -1, -1) if lo >> level & 1]
    for level, node in zip(levels, peaks.hashes(), strict=True):
        tree.push(node, level)
    return tree
