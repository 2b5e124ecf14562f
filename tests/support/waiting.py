"""Waiting for what a test needs, instead of for a length of time: a loaded machine is no reason to fail."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE_S = 120.0
EDGE_S = 60.0
_HALF_HOUR_S, _DAY_S, _SHANGHAI_S = 1800.0, 86_400.0, 28_800.0


def until(found: Callable[[], T]) -> T:
    """Return the first true value of `found()`; AssertionError when none comes."""
    deadline = time.monotonic() + PATIENCE_S
    while not (value := found()):
        assert time.monotonic() < deadline, "what was waited for did not come"
        time.sleep(0.02)
    return value


def before_the_edge(now: float, counts: bool) -> float:
    """Return how long to wait at `now` (seconds since the epoch) so that a test does not cross an edge.

    For every test that is midnight, of UTC and of Asia/Shanghai. All attempt counters begin anew with the hour or half
    hour (UTC): a test that `counts` attempts until a budget is spent would see two of them.
    """
    ends = [_DAY_S - now % _DAY_S, _DAY_S - (now + _SHANGHAI_S) % _DAY_S]
    left = min([*ends, _HALF_HOUR_S - now % _HALF_HOUR_S] if counts else ends)
    return left if left < EDGE_S else 0.0
