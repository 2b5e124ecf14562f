"""Which numbers of a source's sequence have come and which are missing: arithmetic on a merged set of ranges.

The ranges depend only on the set of numbers, never on their order or repetition. Times are µs since the epoch.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

Seen = tuple[int, int]
"""A number, and when it came (µs)."""


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
            _fill(gaps, number)
    below = [each for each in ordered if each[0] < track.first]
    above = [each for each in ordered if each[0] > track.last]
    edge_low, edge_high = (track.first, track.begun), (track.last, track.begun)
    opened = _between([*below, edge_low]) + gaps + _between([edge_high, *above])
    first, last = min(track.first, ordered[0][0]), max(track.last, ordered[-1][0])
    return Track(first, last, min(track.begun, *(at for _, at in ordered)), tuple(opened))


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


def _fill(gaps: list[Gap], number: int) -> None:
    place = bisect_right(gaps, number, key=lambda gap: gap.first) - 1
    if place < 0 or gaps[place].last < number:
        return
    gap = gaps[place]
    halves = (replace(gap, last=number - 1), replace(gap, first=number + 1))
    gaps[place : place + 1] = [half for half in halves if half.count > 0]
