"""What can not be taken now stays where it is, harms nothing else, and is told once while that stays so."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from lookup.cli.database_words import database_words
from lookup.cli.telling import Telling


class NotNow(Exception):
    """A path can not be taken now; `lines` say why, and it is not tried again before `pause` seconds (None: usual)."""

    def __init__(self, *lines: str, pause: float | None = None) -> None:
        super().__init__(*lines)
        self.lines, self.pause = lines, pause


class Failures:
    """The failures of one run. What has failed is tried again after `pause` seconds, not at every look."""

    def __init__(self, pause: float = 60.0, telling: Telling | None = None) -> None:
        self._pause, self._telling = pause, telling or Telling()
        self._known: dict[Path, tuple[tuple[str, ...], float]] = {}

    def guard(self, path: Path, act: Callable[[], int]) -> int:
        """Return what `act` does with this path, or 3 when it is NotNow or the file system fails, which is told."""
        told, again = self._known.get(path, ((), 0.0))
        if time.monotonic() < again:
            return 3
        pause = self._pause
        try:
            status = act()
        except NotNow as fault:
            lines, pause = fault.lines, self._pause if fault.pause is None else fault.pause
        except OSError as fault:
            text = fault.strerror or type(fault).__name__
            lines = (f"{printable(path)}: {text}. 留在原处，请再次运行 / It stays where it is; run again.",)
        else:
            self._known.pop(path, None)
            return status
        if lines != told:
            self._telling.say(*lines)
        self._known[path] = lines, time.monotonic() + pause
        return 3


def printable(path: Path) -> str:
    """Return the name of a file without what would move a terminal's cursor."""
    return "".join(letter if letter.isprintable() else "?" for letter in path.name)


def seal_key_wrong(path: Path) -> NotNow:
    """Return what to tell of a file whose shared secret can not be opened with the seal key of the settings."""
    name = printable(path)
    return NotNow(
        f"{name} 的密钥无法解封：LOOKUP_SEAL_KEY 不是登记时的那一个。请改正设置，文件留在原处。",
        f"{name}: its key can not be opened, LOOKUP_SEAL_KEY is not the one it was registered with. Mend the settings; "
        "the file stays where it is.",
    )


def database_failed(fault: Exception) -> NotNow:
    """Return what to tell of a database that failed; it may be back at the next look."""
    words = database_words(fault) or ("Look at the database's log.", "请查看数据库的日志。")
    return NotNow(*words, "没有丢失任何内容 / Nothing is lost.", pause=0.0)
