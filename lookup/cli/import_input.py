"""Reading a signed file as it lies in a folder: measured once, then read line by line, and not one byte otherwise.

What was hashed is what is read: every piece of the second reading is compared with the first.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from lookup.client_files import SUFFIX
from lookup.services.authenticate_file import MAX_SIGNATURE

MAX_LINE = 4 * 1024 * 1024
_PIECE = 1024 * 1024


class ChangedError(Exception):
    """The file is no longer the one that was measured."""


class BusyError(Exception):
    """Another process is importing this file."""


@dataclass(frozen=True, slots=True)
class Measured:
    """The SHA-256 of a file, and of each of its pieces, and the length of its longest line."""

    digest: bytes
    pieces: tuple[bytes, ...]
    longest: int


@dataclass(frozen=True, slots=True)
class Seen:
    """What lay in a folder when it was read: the bytes of the signature, and which file it was (None: none)."""

    signature: bytes
    file: tuple[int, int, int, int] | None


def which(path: Path | int) -> tuple[int, int, int, int] | None:
    """Return device, inode, size and time of change (ns) of a path, no link followed, or of an open file."""
    try:
        status = os.fstat(path) if isinstance(path, int) else os.lstat(path)
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def signature_of(path: Path) -> Path:
    """Return where the signature of a file lies."""
    return path.with_name(path.name + SUFFIX)


def read_whole_signature(path: Path) -> bytes | None:
    """Return the signature file's bytes, None while there is none or it is still being written.

    What is no regular file is as good as an empty one, which is refused. Raises OSError when it can not be read.
    """
    try:
        opened = _open(signature_of(path))
    except FileNotFoundError:
        return None
    if opened is None:
        return b""
    with opened:
        raw = opened.read(MAX_SIGNATURE + 1)
    return raw if raw.endswith(b"\n") or len(raw) > MAX_SIGNATURE else None


def open_input(path: Path) -> BinaryIO | None:
    """Open a regular file, no link, for this process alone; None when it is neither.

    Raises FileNotFoundError, any other OSError when it can not be read, and BusyError while another process has it.
    """
    opened = _open(path)
    if opened is None:
        return None
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        opened.close()
        raise BusyError from None
    return opened


def measure(opened: BinaryIO, size: int) -> Measured:
    """Read the first `size` bytes and say what they are."""
    whole, pieces = hashlib.sha256(), list[bytes]()
    longest = line = 0
    for piece in _pieces(opened, size):
        whole.update(piece)
        pieces.append(hashlib.sha256(piece).digest())
        parts = piece.split(b"\n")
        longest = max(longest, line + len(parts[0]), *map(len, parts[1:]))
        line = len(parts[-1]) if len(parts) > 1 else line + len(piece)
    return Measured(whole.digest(), tuple(pieces), longest)


def lines(opened: BinaryIO, size: int, measured: Measured) -> Iterator[tuple[int, int, bytes]]:
    """Yield each line that is not empty: its number from 1 on, how many bytes of the file end with it, its bytes.

    Raises ChangedError as soon as the file is not the one that was measured.
    """
    rest, number, end = b"", 0, 0
    expected = iter(measured.pieces)
    for piece in _pieces(opened, size):
        if hashlib.sha256(piece).digest() != next(expected, b""):
            raise ChangedError
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            number, end = number + 1, end + len(line) + 1
            if line.strip():
                yield number, end, line
    if next(expected, None) is not None:
        raise ChangedError
    if rest.strip():
        yield number + 1, size, rest


def _open(path: Path) -> BinaryIO | None:
    try:
        number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as fault:
        if fault.errno in (errno.ELOOP, errno.ENXIO):  # a link, a socket
            return None
        raise
    if stat.S_ISREG(os.fstat(number).st_mode):
        return os.fdopen(number, "rb")
    os.close(number)
    return None


def _pieces(opened: BinaryIO, size: int) -> Iterator[bytes]:
    opened.seek(0)
    while size > 0 and (piece := opened.read(min(_PIECE, size))):
        size -= len(piece)
        yield piece
