"""What the verifier reads and says: stored rows as plain tuples, tolerances, findings, the report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from lookup.ledger.wire import VerificationError

KEPT = 20
"""Findings of one check that are kept word for word; the rest are counted."""


class CheckpointRow(NamedTuple):
    """A stored checkpoint; `note` is the signed note, its cosignature lines appended; `ts` in UTC microseconds."""

    size: int
    prev: int
    root: bytes
    ts: int
    note: bytes


class RunRow(NamedTuple):
    """`n` neighbouring entries of one lane from `first_seq` on stand in the tree from `first_idx` on."""

    first_idx: int
    writer: int
    first_seq: int
    n: int


@dataclass(frozen=True, slots=True)
class Source:
    """A log as streams: checkpoints by size, runs by first_idx, entry rows (entry.COLUMNS) in the order of the runs.

    `tile(level, n)` gives (hashes, root) of a stored full tile or None. A pruned log starts at `start` leaves with
    the hashes of its partial tiles there, by level (see tiles.TileBuilder).
    """

    checkpoints: Iterable[CheckpointRow]
    runs: Iterable[RunRow]
    entries: Iterable[tuple[object, ...]]
    tile: Callable[[int, int], tuple[bytes, bytes] | None]
    start: int = 0
    pending: Sequence[Sequence[bytes]] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """Tolerances in microseconds: entry to checkpoint, clocks apart, time without any checkpoint."""

    maxdelay: int = 30_000_000
    skew: int = 5_000_000
    silence: int = 90_000_000


class Finding(NamedTuple):
    """What failed (a stable name of the check) and where."""

    check: str
    message: str

    def line(self) -> str:
        """`FAIL check: message`."""
        return f"FAIL {self.check}: {self.message}"


@dataclass(slots=True)
class Report:
    """The outcome: no findings means that the log holds at `size` with `root`.

    `notes` are told at every verification and fail none: findings that somebody answered for in the log itself.
    """

    size: int = 0
    root: bytes = b""
    checkpoints: int = 0
    anchors: int = 0
    findings: list[Finding] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    def add(self, check: str, message: str) -> None:
        """Note a finding; beyond KEPT of one check only the number grows."""
        self.counts[check] += 1
        if self.counts[check] <= KEPT:
            self.findings.append(Finding(check, message))

    def lines(self) -> Iterator[str]:
        """One line a finding, then how many of each check were left out, then the notes."""
        yield from (finding.line() for finding in self.findings)
        for check, count in self.counts.items():
            if count > KEPT:
                yield f"FAIL {check}: and {count - KEPT} more"
        yield from (f"NOTE {note}" for note in self.notes)


def judged(verify: Callable[[Report], None]) -> Report:
    """Return what `verify` reports; a VerificationError, beyond which there is nothing to read, is the last finding."""
    report = Report()
    try:
        verify(report)
    except VerificationError as error:
        report.add(error.check, str(error))
    return report
