"""The waiting of the tests themselves."""

from __future__ import annotations

import pytest

from tests.support import waiting
from tests.support.waiting import EDGE_S, before_the_edge, until


def test_until_returns_what_came() -> None:
    """The first true value ends the waiting."""
    answers = iter(["", "", "there", "later"])
    assert until(lambda: next(answers)) == "there"


def test_patience_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """What never comes fails the test instead of hanging it."""
    monkeypatch.setattr(waiting, "PATIENCE_S", 0.0)
    with pytest.raises(AssertionError, match="did not come"):
        until(list[int])


def test_no_test_starts_just_before_the_counters_begin_anew() -> None:
    """Within the last minute of a half hour one waits for its end, otherwise not at all."""
    assert before_the_edge(7 * 1800.0) == 0
    assert before_the_edge(7 * 1800.0 - EDGE_S) == 0
    assert before_the_edge(7 * 1800.0 - 5) == 5
