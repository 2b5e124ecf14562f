"""The result file of an import: a head, one line for each event as a batch is answered, and a last line that sums up.

While the import runs it is `NAME.result.ndjson.part`, which is also the mark of how far it came. It may hold
references: only its owner can read it. `NAME.result.ndjson` is always of the last import; an earlier one becomes
`NAME.result.ndjson~2`, the next `~3` and so on: nothing is ever overwritten.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO

from lookup.cli.import_input import BusyError
from lookup.cli.import_marks import Marks, is_secret, open_own
from lookup.services.authenticate_file import RULES

Told = Mapping[str, Any]
_LAST = b'{"status":'


def result_of(path: Path) -> Path:
    """Return where the result of a file will lie."""
    return path.with_name(path.name + ".result.ndjson")


def free(path: Path) -> Path:
    """Return this path, or the first of NAME~2, NAME~3 … that does not exist."""
    names = (path if n == 1 else path.with_name(f"{path.name}~{n}") for n in count(1))
    return next(each for each in names if not os.path.lexists(each))


def finished(path: Path, head: Told, pepper: bytes) -> Told | None:
    """Return the last line of a result that was finished here for exactly this file, None when there is none."""
    opened = open_own(result_of(path), os.O_RDONLY)
    if opened is None:
        return None
    with opened:
        marks = Marks(pepper)
        if opened.readline() != marks.marked(_line(head)):
            return None
        last, right = b"", False
        for line in opened:
            last, right = line, marks.holds(line)
    return dict(json.loads(last)) if right and last.startswith(_LAST + b'"imported"') else None


def refusal(rule: str) -> Told:
    """Return what a last line says of a refused file."""
    chinese, english = RULES[rule]
    return {"status": "refused", "rule": rule, "text": {"zh-Hans": chinese, "en": english}}


class Results:
    """A result while it is written. `done` events were told before; `outcomes` counts all that are told.

    `earlier` is where that of an earlier import went, once this one is finished.
    """

    def __init__(self, path: Path, head: Told, pepper: bytes) -> None:
        """Go on with the part that an interrupted import of exactly this file has left, or begin one.

        Only what this service has marked is believed; any other part is put aside. Raises BusyError while another
        process writes it.
        """
        self._path, self._part = result_of(path), result_of(path).with_name(result_of(path).name + ".part")
        self.outcomes: Counter[str] = Counter()
        self.earlier: Path | None = None
        self._marks = Marks(pepper)
        first = self._marks.marked(_line(head))
        self._out = self._taken_up(first) or self._begun(first)
        self.done = self.outcomes.total()

    def _taken_up(self, first: bytes) -> BinaryIO | None:
        opened = open_own(self._part, os.O_RDWR)
        if opened is None:
            return None
        _lock(opened)
        if not is_secret(opened) or opened.readline() != first:
            opened.close()
            return None
        place = size = len(first)
        proved, read = self._marks, self._marks.copy()
        for line in opened:
            if line.startswith(_LAST):
                break
            place += len(line)
            if read.holds(line):
                size, proved = place, read.copy()
        opened.seek(len(first))
        while opened.tell() < size:
            self.outcomes[str(json.loads(opened.readline())["outcome"])] += 1
        opened.truncate(size)
        self._marks = proved
        return opened

    def _begun(self, first: bytes) -> BinaryIO:
        if os.path.lexists(self._part):
            os.rename(self._part, free(self._part.with_name(self._part.name + "~1")))
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        opened = os.fdopen(os.open(self._part, flags, 0o600), "r+b")
        _lock(opened)
        opened.write(first)
        return opened

    def add(self, answers: Iterable[Told]) -> None:
        """Tell these answers durably."""
        told = list(answers)
        self._out.writelines(self._marks.last_marked(map(_line, told)))
        self._sync()
        self.outcomes.update(str(each["outcome"]) for each in told)

    def finish(self, last: Told) -> None:
        """Sum up and give the result its name, all of it at once; one that has the name already makes room."""
        told = {**last, "events": self.outcomes.total(), "counts": dict(self.outcomes)}
        self._out.write(self._marks.marked(_line(told)))
        self._sync()
        if os.path.lexists(self._path):
            self.earlier = free(self._path)
            os.rename(self._path, self.earlier)
        os.rename(self._part, self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        self.close()

    def close(self) -> None:
        """Leave the part as it is; the next import of the file goes on with it."""
        self._out.close()

    def _sync(self) -> None:
        self._out.flush()
        os.fsync(self._out.fileno())


def _lock(opened: BinaryIO) -> None:
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        opened.close()
        raise BusyError from None


def _line(told: Told) -> bytes:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
