"""Files of a watched folder that stay incomplete: each is mentioned once, not at every look."""

from __future__ import annotations

from math import inf
from pathlib import Path


class Missed:
    """Since when each file is incomplete; times are seconds of any steady clock."""

    def __init__(self, patience: float) -> None:
        """`patience` is how many seconds a file may stay incomplete before it is mentioned."""
        self._patience = patience
        self._since: dict[Path, float] = {}

    def tell(self, path: Path, incomplete: bool, now: float) -> bool:
        """Note how a file is found now and say whether to mention it: incomplete for long, and not mentioned yet."""
        if not incomplete:
            self._since.pop(path, None)
            return False
        if now - self._since.setdefault(path, now) < self._patience:
            return False
        self._since[path] = inf
        return True
