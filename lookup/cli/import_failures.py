"""What can not be read or put away in a folder harms nothing else there, and is told once while that stays so."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path


class Failures:
    """The failures of one run. What has failed is tried again after `pause` seconds, not at every look."""

    def __init__(self, pause: float = 60.0) -> None:
        self._pause = pause
        self._known: dict[Path, tuple[str, float]] = {}

    def guard(self, path: Path, act: Callable[[], int]) -> int:
        """Return what `act` does with this path, or 3 when the file system fails, which is told."""
        told, again = self._known.get(path, ("", 0.0))
        if time.monotonic() < again:
            return 3
        try:
            status = act()
        except OSError as fault:
            text = fault.strerror or type(fault).__name__
            if text != told:
                print(
                    f"{printable(path)}: {text}. It stays where it is; run again.",
                    file=sys.stderr,
                    flush=True,
                )
            self._known[path] = text, time.monotonic() + self._pause
            return 3
        self._known.pop(path, None)
        return status


def printable(path: Path) -> str:
    """Return the name of a file without what would move a terminal's cursor."""
    return "".join(letter if letter.isprintable() else "?" for letter in path.name)
