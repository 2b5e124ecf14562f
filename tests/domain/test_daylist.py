"""Lists of a day: the canonical hash and the differences both ways."""

from __future__ import annotations

import random
from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from lookup.domain.daylist import Comparison, compare, list_hash, unit_prefix

NUMBERS = st.lists(st.from_regex(r"[0-9A-Z]{6,20}", fullmatch=True), max_size=12)
FEW = st.sets(st.sampled_from("abcdef"))


@given(numbers=NUMBERS, seed=st.integers())
def test_the_hash_is_that_of_the_set(numbers: list[str], seed: int) -> None:
    """Order and repetition do not matter, and it is what sort -u and sha256sum say."""
    shuffled = numbers + numbers[:3]
    random.Random(seed).shuffle(shuffled)  # noqa: S311 - a reproducible shuffle
    lines = b"".join(number.encode() + b"\n" for number in sorted(set(numbers)))
    assert list_hash(shuffled) == sha256(lines).hexdigest()


@given(numbers=NUMBERS, other=NUMBERS)
def test_different_sets_have_different_hashes(numbers: list[str], other: list[str]) -> None:
    """Two lists have the same hash exactly when they hold the same numbers."""
    assert (list_hash(numbers) == list_hash(other)) == (set(numbers) == set(other))


@given(listed=FEW, ours=FEW, known=FEW)
def test_every_number_is_in_exactly_one_place(listed: set[str], ours: set[str], known: set[str]) -> None:
    """Listed numbers are ours, elsewhere or not received; what is ours is listed or not listed."""
    found = compare(listed, ours, known)
    assert {*found.not_received, *found.elsewhere, *(listed & ours)} == listed
    assert not set(found.not_received) & {*ours, *known}
    assert set(found.not_listed) == ours - listed


def test_equal_lists_lack_nothing() -> None:
    """No difference is three empty tuples."""
    assert compare({"1", "2"}, {"2", "1"}, set()) == Comparison((), (), ())


def test_a_unit_covers_what_is_below_it() -> None:
    """Trailing pairs of zeros stand for everything below."""
    assert unit_prefix("369900000000") == "3699"
    assert unit_prefix("369902510000") == "36990251"
    assert unit_prefix("369902510001") == "369902510001"
