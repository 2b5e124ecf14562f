"""Which numbers of a source's sequence have come and which are missing: arithmetic on a merged set of ranges.

The ranges depend only on the set of numbers, never on their order or repetition. Times are µs since the epoch.
A source may declare that missing numbers were never used: they are no gap any longer, and whatever comes under one of
them later comes as if nothing had been declared.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Final

Seen = tuple[int, int]
"""A number, and when it came (µs)."""

Range = tuple[int, int]
"""First and last number, both included."""

MOST_UNUSED: Final = 10_000
"""How many numbers one declaration may name: far more than a transaction ever took, far fewer than a lost week."""

UNUSED_REASONS: Final = {
    "rolled_back": ("取号的事务已回滚", "The transaction that took the numbers was rolled back"),
    "counter_moved": ("计数器重启或跳号", "The counter was restarted or moved forward"),
    "other_use": ("号用于不属本接口的消息", "The numbers went to messages that are not for this interface"),
}
"""Why numbers were never used: codes, never a sentence of anybody, so that no personal data can stand in one."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Numbers `first` to `last` are missing, which could be known since `since`: numbers on both sides were there."""

    first: int
    last: int
    since: int

    @property
    def count(self) -> int:
        """How many numbers are missing."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class Track:
    """Everything between `first` and `last` has come except `gaps` (ascending, never touching); `begun`: first arrival.

    The lowest number that came is where the sequence begins: what a source never began with can not be missed.
    """

    first: int
    last: int
    begun: int
    gaps: tuple[Gap, ...] = ()

    @property
    def missing(self) -> int:
        """How many numbers are missing in all."""
        return sum(gap.count for gap in self.gaps)


def advance(track: Track | None, seen: Sequence[Seen]) -> Track | None:
    """Return the track after these numbers too, in any order and any number of times each; None while there is none."""
    ordered = sorted(seen)
    if not ordered:
        return track
    if track is None:
        track = Track(ordered[0][0], ordered[0][0], ordered[0][1])
    gaps = list(track.gaps)
    for number, _ in ordered:
        if track.first < number < track.last:
            _cut(gaps, number, number)
    below = [each for each in ordered if each[0] < track.first]
    above = [each for each in ordered if each[0] > track.last]
    edge_low, edge_high = (track.first, track.begun), (track.last, track.begun)
    opened = _between([*below, edge_low]) + gaps + _between([edge_high, *above])
    first, last = min(track.first, ordered[0][0]), max(track.last, ordered[-1][0])
    return Track(first, last, min(track.begun, *(at for _, at in ordered)), tuple(opened))


def without(track: Track, unused: Sequence[Range]) -> Track:
    """Return the track without what of its gaps was declared unused, in any order; declared twice is declared once."""
    gaps = list(track.gaps)
    for first, last in unused:
        _cut(gaps, first, last)
    return replace(track, gaps=tuple(gaps))


def is_missing(track: Track, first: int, last: int) -> bool:
    """Say whether all of `first` to `last` is missing."""
    return any(gap.first <= first and last <= gap.last for gap in track.gaps)


def older(track: Track, before: int) -> tuple[Gap, ...]:
    """Return the gaps that could be known before a moment (µs): those past their grace time."""
    return tuple(gap for gap in track.gaps if gap.since <= before)


def _between(ordered: Sequence[Seen]) -> list[Gap]:
    """Return the gaps between neighbours; each is known since something on either side of it had come."""
    times = [at for _, at in ordered]
    under = list(accumulate(times, min))
    over = list(accumulate(reversed(times), min))[::-1]
    return [
        Gap(low + 1, high - 1, max(under[index], over[index + 1]))
        for index, ((low, _), (high, _)) in enumerate(zip(ordered, ordered[1:], strict=False))
        if high > low + 1
    ]


def _cut(gaps: list[Gap], first: int, last: int) -> None:
    """Take these numbers out of the gaps; what is left of one on either side stays as old as it was."""
    low = bisect_left(gaps, first, key=lambda gap: gap.last)
    high = bisect_right(gaps, last, key=lambda gap: gap.first)
    halves = [
        half
        for gap in gaps[low:high]
        for half in (replace(gap, last=first - 1), replace(gap, first=last + 1))
        if gap.first <= half.first <= half.last <= gap.last
    ]
    gaps[low:high] = halves
