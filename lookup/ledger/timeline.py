"""Time in a log: late and future entries, silence, checkpoints older than their cosignatures; sys.late explains.

A `sys.late` entry has the detail {"from": µs, "to": µs} and is written when the sequencer finds itself behind: at a
start or after a stall it says from when (last checkpoint) to when (now) entries and checkpoints were held up.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from lookup.ledger.findings import Limits, Report


class _Span(NamedTuple):
    """Something between two moments that needs an explanation given near the moment `seen`."""

    check: str
    message: str
    start: int
    end: int
    seen: int


class Timeline:
    """Collects what needs an explanation and the explanations; settles them at the end."""

    def __init__(self, report: Report, limits: Limits) -> None:
        self._report = report
        self._limits = limits
        self._open: list[_Span] = []
        self._late: list[tuple[int, int, int]] = []
        self._previous: int | None = None

    def checkpoint(self, size: int, ts: int, cosigned: Iterable[int]) -> None:
        """A checkpoint of `size` at `ts`, with the times (POSIX seconds) of its cosignatures."""
        previous, limits = self._previous, self._limits
        if previous is not None and ts < previous:
            self._report.add("checkpoint-time", f"checkpoint {size} is older than the one before it")
        if previous is not None and ts - previous > limits.silence:
            message = f"no checkpoint for {(ts - previous) // 1_000_000} s before size {size}"
            self._open.append(_Span("silence", message, previous + limits.silence, ts - limits.silence, ts))
        if any(ts > (moment + 1) * 1_000_000 + limits.skew for moment in cosigned):
            self._report.add("checkpoint-time", f"checkpoint {size} says it is younger than its cosignature")
        self._previous = ts

    def entries(self, times: Sequence[int], where: str, when: int) -> None:
        """Times outside the window of the checkpoint at `when`, of entries described by `where`."""
        future = [ts for ts in times if ts > when + self._limits.skew]
        late = [ts for ts in times if ts < when - self._limits.maxdelay]
        if future:
            self._report.add(
                "entry-time", f"{len(future)} of entries {where} are younger than their checkpoint"
            )
        if late:
            message = f"{len(late)} of entries {where} are older than their checkpoint allows"
            self._open.append(_Span("entry-time", message, min(late), max(late), when))

    def explanation(self, ts: int, detail: object) -> None:
        """A sys.late entry at `ts`. One that can not be read explains nothing."""
        try:
            told = json.loads(detail)  # type: ignore[arg-type]
            start, end = told["from"], told["to"]
        except (ValueError, TypeError, KeyError, RecursionError):
            start = end = None
        if type(start) is int and type(end) is int:
            self._late.append((start, end, ts))
        else:
            self._report.add("entry-time", "a sys.late entry without a readable explanation")

    def settle(self, now: int | None) -> None:
        """Turn what no sys.late explains into findings; with `now`, silence up to now too."""
        for span in self._open:
            if not any(
                start <= span.start and span.end <= end and abs(ts - span.seen) <= self._limits.maxdelay
                for start, end, ts in self._late
            ):
                self._report.add(span.check, span.message)
        if now is not None and self._previous is not None and now - self._previous > self._limits.silence:
            self._report.add("silence", f"no checkpoint for the last {(now - self._previous) // 1_000_000} s")
