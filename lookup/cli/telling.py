"""What a long command tells on stderr: one line of progress that is written over, and sentences in both languages."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping

OUTCOMES = {
    "accepted": "接受 accepted",
    "waiting": "早到待接 waiting",
    "duplicate": "重复 duplicate",
    "conflict": "冲突 conflict",
    "quarantined": "隔离 quarantined",
    "refused": "拒绝 refused",
    "unreadable": "无法读取 unreadable",
}


class Telling:
    """A person at a terminal sees each progress; a log gets one at most every `pause` seconds."""

    def __init__(self, pause: float = 10.0) -> None:
        self._pause, self._next = pause, time.monotonic() + pause

    def progress(self, text: str) -> None:
        """Show how far it is; the next line takes its place."""
        if sys.stderr.isatty():
            print(f"\r{text}\x1b[K", file=sys.stderr, end="", flush=True)
        elif time.monotonic() >= self._next:
            self._next = time.monotonic() + self._pause
            self.say(text)

    def say(self, *lines: str) -> None:
        """Tell what is to stay."""
        start, end = ("\r", "\x1b[K") if sys.stderr.isatty() else ("", "")
        for line in lines:
            print(f"{start}{line}{end}", file=sys.stderr, flush=True)


def counted(counts: Mapping[str, int]) -> str:
    """Return how many there are of each outcome, in words, the known ones in their order; "" when there is none."""
    names = [*OUTCOMES, *(name for name in sorted(counts) if name not in OUTCOMES)]
    return "，".join(f"{OUTCOMES.get(name, name)} {counts[name]:,}" for name in names if counts.get(name))


def events(number: int) -> str:
    """Return a number of events as English says it."""
    return f"{number:,} event{'' if number == 1 else 's'}"
