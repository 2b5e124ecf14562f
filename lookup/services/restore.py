"""Putting archived entries back into a database, for an inquiry; they verify before and do not change the log."""

from __future__ import annotations

from pathlib import Path

from lookup.ledger.entry import Row
from lookup.ledger.policy import Policy
from lookup.ledger.segment import (
    MANIFEST,
    RESTRICTED,
    bundle_paths,
    parse_manifest,
    parse_restricted,
    restore_row,
)
from lookup.ledger.tiles import WIDTH, decode_bundle
from lookup.ledger.verify_segment import Read, verify_segment
from lookup.ledger.wire import Digest
from lookup.services.archive import ArchiveError
from lookup.services.log_key import check_ed25519
from lookup.services.verify_files import reader
from lookup.storage import retention
from lookup.storage.database import Database


def restore(database: Database, policy: Policy, folder: Path) -> int:
    """Insert the entries of the segment in `folder` that are missing; returns how many. Raises ArchiveError."""
    read = reader(folder)
    report = verify_segment(read, policy, check_ed25519, deep=True, digest=policy.digest)
    if report.counts:
        raise ArchiveError(f"the segment does not verify: {next(report.lines())}")
    total = 0
    manifest = parse_manifest(read(MANIFEST) or b"")
    opened = parse_restricted(read(RESTRICTED) or b"")
    for number, path in enumerate(bundle_paths(manifest.lo, manifest.hi)):
        rows = _rows(read, path, manifest.lo + number * WIDTH, opened, policy.digest)
        with database.write() as conn:
            total += retention.put_back(conn, rows)
    return total


def _rows(
    read: Read,
    path: str,
    first: int,
    opened: dict[int, tuple[bytes, str | None, str | None]],
    digest: Digest,
) -> list[Row]:
    bodies = decode_bundle(read(path) or b"", WIDTH)
    return [restore_row(body, opened.get(first + i), digest) for i, body in enumerate(bodies)]
