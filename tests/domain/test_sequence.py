"""Sequence numbers as a set of ranges: order and repetition never matter."""

from __future__ import annotations

import random
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from lookup.domain.sequence import Gap, Range, Seen, Track, advance, is_missing, older, without

NUMBERS = st.lists(st.integers(0, 40), min_size=1, max_size=40)
RANGES = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 9)).map(lambda pair: (pair[0], sum(pair))), max_size=6
)


def run(arrivals: Sequence[Seen], sizes: Sequence[int]) -> Track | None:
    """The track after these arrivals in portions of these sizes, the rest in one."""
    track, rest = None, list(arrivals)
    for size in [*sizes, len(rest)]:
        track, rest = advance(track, rest[:size]), rest[size:]
    return track


def missing(numbers: Sequence[int]) -> set[int]:
    """What is missing, by plain sets."""
    return set(range(min(numbers), max(numbers) + 1)) - set(numbers)


@given(numbers=NUMBERS, sizes=st.lists(st.integers(0, 9), max_size=9))
def test_the_ranges_are_those_of_the_set(numbers: list[int], sizes: list[int]) -> None:
    """Any order, repetition and portioning of numbers gives the complement of their set, in maximal ranges."""
    track = run([(number, at) for at, number in enumerate(numbers)], sizes)
    assert track is not None
    assert (track.first, track.last) == (min(numbers), max(numbers))
    told = [set(range(gap.first, gap.last + 1)) for gap in track.gaps]
    assert set[int]().union(*told) == missing(numbers)
    assert track.missing == len(missing(numbers))
    edges = [gap.first for gap in track.gaps[1:]]
    assert all(low.last + 1 < high for low, high in zip(track.gaps, edges, strict=False))


@given(numbers=NUMBERS, sizes=st.lists(st.integers(0, 9), max_size=9))
def test_a_gap_is_as_old_as_the_knowledge_of_it(numbers: list[int], sizes: list[int]) -> None:
    """A gap dates from the first moment at which a number below it and one above it had come."""
    track = run([(number, at) for at, number in enumerate(numbers)], sizes)
    assert track is not None
    for gap in track.gaps:
        under = min(at for at, number in enumerate(numbers) if number < gap.first)
        over = min(at for at, number in enumerate(numbers) if number > gap.last)
        assert gap.since == max(under, over)


def test_a_gap_that_fills_disappears() -> None:
    """The last missing number closes the gap; one in its middle splits it and keeps its age."""
    track = advance(None, [(1, 10), (5, 20)])
    assert track == Track(1, 5, 10, (Gap(2, 4, 20),))
    assert advance(track, [(3, 30)]) == Track(1, 5, 10, (Gap(2, 2, 20), Gap(4, 4, 20)))
    assert advance(track, [(4, 30), (2, 31), (3, 32)]) == Track(1, 5, 10)


@given(numbers=NUMBERS, ranges=RANGES, order=st.randoms(use_true_random=False))
def test_what_was_declared_unused_is_no_gap(
    numbers: list[int], ranges: list[Range], order: random.Random
) -> None:
    """Numbers and declarations in any order, each declaration again at every step: the set of both decides."""
    steps: list[Range | int] = [*numbers, *ranges]
    order.shuffle(steps)
    track, said = None, list[Range]()
    for at, step in enumerate(steps):
        if isinstance(step, int):
            track = advance(track, [(step, at)])
        else:
            said.insert(order.randint(0, len(said)), step)
        track = without(track, said) if track else None
    assert track is not None
    declared = {number for first, last in ranges for number in range(first, last + 1)}
    told = [set(range(gap.first, gap.last + 1)) for gap in track.gaps]
    assert set[int]().union(*told) == missing(numbers) - declared
    assert (track.first, track.last) == (min(numbers), max(numbers))
    edges = [gap.first for gap in track.gaps[1:]]
    assert all(low.last + 1 < high for low, high in zip(track.gaps, edges, strict=False))


def test_a_declaration_splits_a_gap_which_keeps_its_age() -> None:
    """What is left on either side is as old as the whole was; a number that comes under it changes nothing."""
    track = advance(None, [(1, 10), (9, 20)])
    assert track is not None
    assert (is_missing(track, 2, 8), is_missing(track, 1, 3), is_missing(track, 8, 9)) == (True, False, False)
    cut = without(track, [(4, 5)])
    assert cut == Track(1, 9, 10, (Gap(2, 3, 20), Gap(6, 8, 20)))
    assert not is_missing(cut, 3, 4)
    assert advance(cut, [(4, 30)]) == cut
    assert without(cut, [(1, 9)]).gaps == ()


def test_only_gaps_past_the_grace_time_are_told() -> None:
    """A gap younger than the grace time is not older than its end."""
    track = advance(advance(None, [(1, 10), (3, 20)]), [(5, 40)])
    assert track is not None
    assert older(track, 30) == (Gap(2, 2, 20),)
    assert older(track, 40) == (Gap(2, 2, 20), Gap(4, 4, 40))


def test_numbers_without_end_cost_nothing() -> None:
    """A hole of a billion is one range."""
    track = advance(None, [(1, 1), (10**18 - 1, 2)])
    assert track is not None
    assert track.missing == 10**18 - 3
    assert len(track.gaps) == 1
