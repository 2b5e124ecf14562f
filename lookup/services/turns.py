"""Taking turns within a process, where work at the same time would cost others more than it gains."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock


@contextmanager
def in_turn(turn: Lock, patience: float) -> Iterator[None]:
    """Hold `turn`; whoever has waited for `patience` seconds goes on beside the one at work, which may hang."""
    mine = turn.acquire(timeout=patience)
    try:
        yield
    finally:
        if mine:
            turn.release()
