"""The caller's masked number: whatever order the numbers came in, the same one is shown."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from lookup.domain.fold import counts
from lookup.services.caller import PHONE_PURPOSE, caller, with_caller
from lookup.services.sealing import seal
from tests.support.contexts import key

KEY = key(6)
TOLD = st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["199****0001", "199****0002"])), max_size=8)


def kept(told: Iterable[tuple[int, str]], sealed: bytes | None = None) -> bytes | None:
    """What is stored after these numbers."""
    for at, masked in told:
        sealed = with_caller(sealed, at, masked, KEY)
    return sealed


@given(told=TOLD, data=st.data())
def test_any_order_shows_the_last_that_counts(told: list[tuple[int, str]], data: st.DataObject) -> None:
    """In each order, and since whatever moment, it is the last of those that count; none when none does."""
    shuffled = data.draw(st.permutations(told))
    for since in (0, 1, 3, 5, 7, 9):  # a correction's moment is odd
        expected = max((each for each in told if counts(each[0], since)), default=None)
        assert caller(kept(shuffled), since, KEY) == (expected and expected[1])


def test_what_changes_nothing_is_not_sealed_again() -> None:
    """The same number again, or one of before, leaves the same bytes."""
    before = kept([(4, "199****0001")])
    assert kept([(4, "199****0001"), (2, "199****0002")], before) is before


def test_a_number_kept_without_a_moment_was_told_before_all_others() -> None:
    """What an older release has sealed is shown until another number or a correction comes."""
    before = seal(KEY, PHONE_PURPOSE, b"199****0001")
    assert caller(before, 0, KEY) == "199****0001"
    assert caller(before, 3, KEY) is None
    assert caller(with_caller(before, 2, "199****0002", KEY), 0, KEY) == "199****0002"
