"""The waiting of the tests themselves."""

from __future__ import annotations

import pytest

from lookup.domain.budget import Limit, Reservation
from tests.support import waiting
from tests.support.budgets import Watch
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
    """Within the last minute of a half hour one that counts waits for its end, otherwise not at all."""
    assert before_the_edge(7 * 1800.0, True) == 0
    assert before_the_edge(7 * 1800.0 - EDGE_S, True) == 0
    assert before_the_edge(7 * 1800.0 - 5, True) == 5
    assert before_the_edge(7 * 1800.0 - 5, False) == 0


@pytest.mark.parametrize("counts", [True, False])
@pytest.mark.parametrize("midnight", [3 * 86_400.0, 3 * 86_400.0 - 8 * 3600.0])
def test_no_test_starts_just_before_midnight(midnight: float, counts: bool) -> None:
    """Of UTC and of Asia/Shanghai: today is asked in either."""
    assert before_the_edge(midnight - 7, counts) == 7
    assert before_the_edge(midnight, counts) == 0


def test_a_test_that_spends_a_budget_has_to_say_so() -> None:
    """What is found spent is a complaint unless the test has the mark; counting below the limit is none."""
    watch, limit = Watch(), Limit("report", 2, 3600)
    assert [watch(Reservation("key", 0, limit), count) for count in (1, 2)] == [True, True]
    assert watch.complaint(False) == ""
    assert watch(Reservation("key", 0, limit), 3) is False
    assert "(report)" in watch.complaint(False)
    assert watch.complaint(True) == ""
