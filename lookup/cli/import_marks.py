"""What a result in a folder that others can write to proves of itself: it is ours, and says what this service wrote."""

from __future__ import annotations

import hmac
import os
import re
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from lookup.ledger.entry import b64u

_MARK = re.compile(rb',"mark":"([A-Za-z0-9_-]{43})"}\n\Z')


class Marks:
    """The marks of one result, line by line: each is a MAC, keyed by the pepper, over every byte before it."""

    def __init__(self, pepper: bytes) -> None:
        self._mac = hmac.new(pepper, b"import result\0", "sha256")

    def copy(self) -> Marks:
        """Return what goes on from here by itself."""
        made = Marks(b"")
        made._mac = self._mac.copy()
        return made

    def marked(self, line: bytes) -> bytes:
        """Return a line, which ends with `}` and a newline, with the mark as its last member."""
        self._mac.update(line[:-2])
        end = b',"mark":"' + self._now() + b'"}\n'
        self._mac.update(end)
        return line[:-2] + end

    def last_marked(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the lines, the last with the mark."""
        *others, last = lines
        for line in others:
            self._mac.update(line)
            yield line
        yield self.marked(last)

    def holds(self, line: bytes) -> bool:
        """Take in a line that was read and say whether it ends with the right mark."""
        found = _MARK.search(line)
        end = found.start() if found else len(line)
        self._mac.update(line[:end])
        right = found is not None and hmac.compare_digest(found[1], self._now())
        self._mac.update(line[end:])
        return right

    def _now(self) -> bytes:
        return b64u(self._mac.digest()).encode()


def open_own(path: Path, flags: int) -> BinaryIO | None:
    """Open a regular file, no link, that belongs to who runs this; None when there is none."""
    try:
        number = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    status = os.fstat(number)
    if stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid():
        return os.fdopen(number, "rb" if flags == os.O_RDONLY else "r+b")
    os.close(number)
    return None


def is_secret(opened: BinaryIO) -> bool:
    """Say whether nobody else can read or write an open file, by this name or another."""
    status = os.fstat(opened.fileno())
    return status.st_nlink == 1 and not stat.S_IMODE(status.st_mode) & 0o077
