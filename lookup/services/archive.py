"""Sealing archive segments: entries [lo, hi) as files that verify on their own, recorded in the log (`sys.archive`).

A segment is written, read back and verified before the log says that it exists; nothing is deleted here.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

from lookup.ledger.entry import Row
from lookup.ledger.merkle import Frontier, spans
from lookup.ledger.policy import Policy
from lookup.ledger.segment import ALIGN, MANIFEST, segment_files
from lookup.ledger.verify_segment import verify_segment
from lookup.services.log_key import check_ed25519
from lookup.services.outage import Writing
from lookup.services.receipts import satisfying
from lookup.services.transparency import note_of
from lookup.services.tree import consistency, prove
from lookup.services.verify_files import reader as files_in
from lookup.storage import rereading, segments
from lookup.storage.database import Transaction, digest_of
from lookup.storage.lanes import SYSTEM, Draft, append, now_us
from lookup.storage.segments import SegmentRow
from lookup.storage.sequencing import CheckpointRow


class ArchiveError(RuntimeError):
    """A segment does not verify, or can not be written; the message says which and what to do."""


class _Named(Protocol):
    @property
    def origin(self) -> str:
        """Name of the log."""


class Archiving(Writing, Protocol):
    """A context that knows the log's name."""

    @property
    def settings(self) -> _Named:
        """Its settings."""


def seal(context: Archiving, policy: Policy, folder: Path) -> Iterator[SegmentRow]:
    """Seal every whole segment of 65,536 entries under the newest checkpoint that `policy` accepts; yields each.

    Raises ArchiveError, with nothing recorded, when a segment does not verify as it was read back.
    """
    while (row := _seal_next(context, policy, folder)) is not None:
        yield row


def _seal_next(context: Archiving, policy: Policy, folder: Path) -> SegmentRow | None:
    with context.database.snapshot() as conn:
        known = segments.all_of(conn)
        lo = known[-1].hi if known else 0
        head = satisfying(conn, policy, lo + ALIGN - 1)
        if head is None:
            return None
        place = folder / f"{lo:012d}-{lo + ALIGN:012d}"
        _write(place, _files(conn, context.settings.origin, lo, head))
    raw = (place / MANIFEST).read_bytes()
    row = SegmentRow(lo, lo + ALIGN, head.size, hashlib.sha256(raw).digest(), str(place.resolve()), now_us())
    check(row, policy)
    detail: dict[str, str | int] = {"lo": row.lo, "hi": row.hi, "manifest": row.manifest.hex()}
    with context.database.write() as writing:
        append(writing, context.pen, Draft("sys.archive", "succeeded", SYSTEM, detail=detail))
        segments.add(writing, row)
    return row


def _files(conn: Transaction, origin: str, lo: int, head: CheckpointRow) -> Iterator[tuple[str, bytes]]:
    digest = digest_of(conn)
    before = prove(conn, head.size, lambda node, _: [node(level, index) for level, index in spans(0, lo)])
    frontier = Frontier(lo, before, digest)
    rows = (Row(*row) for row in rereading.entries_between(conn, lo, lo + ALIGN))  # type: ignore[arg-type]
    proof = consistency(conn, lo + ALIGN, head.size)
    return segment_files(origin, frontier, rows, (head.size, note_of(conn, head)), proof, digest)


def _write(place: Path, files: Iterable[tuple[str, bytes]]) -> None:
    for path, data in files:
        file = place / path
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())


def check(row: SegmentRow, policy: Policy) -> None:
    """Verify a segment from its folder, every entry of it, against what the log recorded; raises ArchiveError."""
    read = files_in(Path(row.location))
    report = verify_segment(
        read, policy, check_ed25519, manifest_sha256=row.manifest, deep=True, digest=policy.digest
    )
    if report.counts:
        raise ArchiveError(f"segment {row.lo}-{row.hi} does not verify: {next(report.lines())}")
