"""A covert look has a reason, a decision and an end, and no entry can be withheld for longer than the longest delay."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookup.domain.covert import MOST_DAYS, Declaration, declaration, is_withheld
from lookup.domain.faults import MESSAGES

DAY_US = 86_400_000_000


def test_a_declaration_names_reason_decision_and_days() -> None:
    """What was typed is tidied and kept."""
    made = declaration("investigation", "  云公（督）字〔2026〕3号 ", " 30 ")
    assert made == Declaration("investigation", "云公（督）字〔2026〕3号", 30)


@pytest.mark.parametrize(
    ("typed", "faults"),
    [
        (("", "", ""), [("covert_reason", "unknown"), ("approval", "missing"), ("covert_days", "shape")]),
        (("curiosity", "云公〔2026〕3号", "1"), [("covert_reason", "unknown")]),
        (("safety", "<b>", "1"), [("approval", "shape")]),
        (("safety", "x" * 41, "1"), [("approval", "shape")]),
        *(
            (("safety", "云公〔2026〕3号", days), [("covert_days", "shape")])
            for days in ("0", "91", "1.5", "-1", "１")
        ),
    ],
)
def test_what_is_wrong_is_named(typed: tuple[str, str, str], faults: list[tuple[str, str]]) -> None:
    """No reason of the list, no decision, or more days than allowed: refused, each in both languages."""
    found = declaration(*typed)
    assert isinstance(found, tuple)
    assert [(each.field, each.code) for each in found] == faults
    assert all((each.field, each.code) in MESSAGES for each in found)


@given(st.integers(0, 2**50), st.none() | st.integers(0, 2**52), st.integers(0, 200))
def test_nothing_is_withheld_for_ever(ts: int, release: int | None, days: int) -> None:
    """Whatever release an entry names, it is shown once the horizon is over, and at its release if that is earlier."""
    end = ts + days * DAY_US
    assert not is_withheld(ts, release, days, end)
    if release is None:
        assert is_withheld(ts, release, days, end - 1)
    else:
        assert not is_withheld(ts, release, days, release)
        assert is_withheld(ts, release, days, min(release, end) - 1)


def test_the_longest_delay_is_ninety_days() -> None:
    """Beyond that a new decision is needed."""
    assert MOST_DAYS == 90
    assert isinstance(declaration("safety", "云公〔2026〕3号", str(MOST_DAYS)), Declaration)
