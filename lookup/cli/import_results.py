"""The result file of an import: a head, one line for each event as a batch is answered, and a last line that sums up.

While the import runs it is `NAME.result.ndjson.part`, which is also the mark of how far it came. It may hold
references: only its owner can read it. `NAME.result.ndjson` is always of the last import; an earlier one becomes
`NAME.result.ndjson~2`, and nothing is ever overwritten.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

from lookup.services.authenticate_file import RULES

Told = Mapping[str, Any]


def result_of(path: Path) -> Path:
    """Return where the result of a file will lie."""
    return path.with_name(path.name + ".result.ndjson")


def free(path: Path) -> Path:
    """Return this path, or the first of NAME~2, NAME~3 … that does not exist."""
    names = (path if n == 1 else path.with_name(f"{path.name}~{n}") for n in count(1))
    return next(each for each in names if not os.path.lexists(each))


def finished(path: Path, head: Told) -> Told | None:
    """Return the last line of a result that was finished for exactly this file, None when there is none."""
    try:
        with result_of(path).open("rb") as opened:
            if opened.readline() != _line(head):
                return None
            last: Told = json.loads(_last(opened))
    except (OSError, ValueError):
        return None
    return last if last.get("status") == "imported" else None


def refusal(rule: str) -> Told:
    """Return what a last line says of a refused file."""
    chinese, english = RULES[rule]
    return {"status": "refused", "rule": rule, "text": {"zh-Hans": chinese, "en": english}}


class Results:
    """A result while it is written. `done` events were told before; `outcomes` counts all that are told."""

    def __init__(self, path: Path, head: Told) -> None:
        """Go on with the part that an interrupted import of exactly this file has left, or begin one."""
        self._path, self._part = result_of(path), result_of(path).with_name(result_of(path).name + ".part")
        self.outcomes: Counter[str] = Counter()
        kept = self._whole_lines(head)
        if kept is None and self._part.exists():
            os.replace(self._part, free(self._part.with_name(self._part.name + "~1")))
        self._out = open(self._part, "ab", opener=_private)
        if kept is None:
            self._out.write(_line(head))
        else:
            self._out.truncate(kept)
        self.done = self.outcomes.total()

    def _whole_lines(self, head: Told) -> int | None:
        """Count what is told already and return how many bytes of whole lines there are; None: not of this file."""
        try:
            opened = self._part.open("rb")
        except FileNotFoundError:
            return None
        with opened:
            size = len(_line(head))
            if opened.readline() != _line(head):
                return None
            for line in _told_before(opened):
                self.outcomes[str(json.loads(line)["outcome"])] += 1
                size += len(line)
            return size

    def add(self, answers: Iterable[Told]) -> None:
        """Tell these answers durably."""
        told = list(answers)
        self._out.writelines(map(_line, told))
        self._sync()
        self.outcomes.update(str(each["outcome"]) for each in told)

    def finish(self, last: Told) -> None:
        """Sum up and give the result its name, all of it at once; one that has the name already makes room."""
        self._out.write(_line({**last, "events": self.outcomes.total(), "counts": dict(self.outcomes)}))
        self._sync()
        self.close()
        if os.path.lexists(self._path):
            os.rename(self._path, free(self._path))
        os.rename(self._part, self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def close(self) -> None:
        """Leave the part as it is; the next import of the file goes on with it."""
        self._out.close()

    def _sync(self) -> None:
        self._out.flush()
        os.fsync(self._out.fileno())


def _told_before(opened: Iterable[bytes]) -> Iterator[bytes]:
    """Yield whole lines of answers; a torn one and a last line that sums up are written again."""
    for line in opened:
        if not line.endswith(b"\n") or b'"outcome":' not in line:
            return
        yield line


def _last(opened: Iterable[bytes]) -> bytes:
    last = b""
    for line in opened:
        last = line
    return last


def _line(told: Told) -> bytes:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
