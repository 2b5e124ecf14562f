"""Files of events and what lies beside them: where sending stands (`.resume`) and what was answered (`.result`).

Safe to interrupt at any point: answers are on disk before the mark moves, and a mark fits one content only.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from lookup.client import MAX_BYTES, Sent

MAX_LINE = MAX_BYTES - 4096
"""Bytes of one event; what is filled in fits beside it."""
SUFFIXES = (".json", ".jsonl", ".ndjson")


UNREADABLE = {
    "rule": "unreadable",
    "text": {
        "zh-Hans": "没有发送：不是一个 JSON 对象，或者有重名的成员、JSON 没有的数值，或者太长。请改正。",
        "en": "Not sent: no JSON object, or a member named twice, a number that JSON has not, or too long. Mend it.",
    },
}
"""What the result file says of an event that can not be sent as it is written."""


class FileError(Exception):
    """A file can not be sent; says why and what to do, in Chinese and English."""

    def __init__(self, chinese: str, english: str) -> None:
        super().__init__(f"{chinese} / {english}")
        self.chinese, self.english = chinese, english


@dataclass(frozen=True, slots=True)
class Line:
    """One event of a file: its bytes, and the event, or None when the bytes are no JSON object."""

    raw: bytes
    event: Mapping[str, Any] | None


def files_of(path: Path) -> list[Path]:
    """Return the file itself, or the event files of a folder in the order of their names.

    A result that was carried back from an import has no events, and a link that leads nowhere is one of them: opening
    it tells what is wrong.
    """
    if path.is_dir():
        return sorted(filter(_may_hold_events, path.iterdir()))
    if not path.is_file():
        raise FileError("没有这个文件或目录", "there is no such file or folder")
    return [path]


def _may_hold_events(path: Path) -> bool:
    named = path.suffix in SUFFIXES and not path.name.endswith(".result.ndjson")
    return named and (path.is_file() or path.is_symlink())


def alone(opened: BinaryIO) -> None:
    """Keep other processes from sending this file as long as it is open; raises FileError when one does already."""
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise FileError("正由另一个进程发送", "it is being sent by another process") from None


def lines_of(opened: BinaryIO, whole: bool) -> Iterator[Line]:
    """Yield the events of NDJSON one by one, or (`whole`) of a JSON array or single event.

    Raises FileError when the whole is no JSON.
    """
    if not whole:
        yield from (_line(raw) for raw in opened if raw.strip())
        return
    try:
        value = _exact(opened.read())
    except (ValueError, RecursionError):
        raise FileError(
            "不是 JSON，或者有重名的成员；每行一个事件的文件应以 .ndjson 结尾",
            "it is no JSON, or a member is named twice; a file of one event a line ends in .ndjson",
        ) from None
    for each in value if isinstance(value, list) else [value]:
        yield _line(json.dumps(each, separators=(",", ":")).encode())


def batches_of(lines: Iterator[Line], size: int) -> Iterator[list[Line]]:
    """Yield lines in batches of at most `size` events that fit into one request, in order."""
    batch: list[Line] = []
    room = MAX_BYTES // 2
    for line in lines:
        if batch and (len(batch) == size or len(line.raw) > room):
            yield batch
            batch, room = [], MAX_BYTES // 2
        batch.append(line)
        room -= len(line.raw)
    if batch:
        yield batch


def _line(raw: bytes) -> Line:
    """Read one event exactly: what would not be sent as it is written, or has no room, counts as unreadable."""
    if len(raw) > MAX_LINE:
        return Line(raw, None)
    try:
        value = _exact(raw)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        return Line(raw, None)
    return Line(raw, value if isinstance(value, dict) else None)


def _exact(raw: bytes) -> Any:
    """Return the JSON value; raises ValueError also for a member that is named twice, of which one would be lost."""
    return json.loads(raw, object_pairs_hook=_members)


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is named twice")
    return members


class Progress:
    """How far a file was sent. `events` are answered for sure; their answers are in the result file."""

    def __init__(self, path: Path, *, again: bool = False) -> None:
        """Read the mark beside `path`, if there is one; with `again` begin anew and keep the answers beside.

        Raises FileError when the mark is not one of this command.
        """
        self.resume = path.with_name(path.name + ".resume")
        self.result = path.with_name(path.name + ".result")
        self.events, self.done, self._expected = 0, False, ""
        self._digest = hashlib.sha256()
        self._seen = 0
        if again:
            self._restart()
        elif self.resume.exists():
            self._recall()

    def _recall(self) -> None:
        try:
            mark = json.loads(self.resume.read_text())
            self.events, self.done = int(mark["events"]), bool(mark["done"])
            self._expected = str(mark["digest"])
        except (ValueError, KeyError, TypeError):
            raise FileError(
                f"{self.resume} 已损坏；--again 会从头发送",
                f"{self.resume} is broken; --again sends from the beginning",
            ) from None

    def pending(self, lines: Iterator[Line]) -> Iterator[Line]:
        """Yield what was not answered yet; raises FileError when the part before it is not what was sent."""
        for line in lines:
            if self._seen < self.events:
                self._count([line])
            else:
                self._check()
                yield line
        self._check()

    def _check(self) -> None:
        if self._expected and self._digest.hexdigest() != self._expected:
            raise FileError(
                "不是上次发送的那个文件；--again 会从头发送，以前的答复另存",
                "it is not the file that was begun; --again sends all of it and keeps the earlier answers",
            )
        self._expected = ""

    def _count(self, lines: Sequence[Line]) -> None:
        for line in lines:
            self._digest.update(line.raw.strip() + b"\n")
        self._seen += len(lines)

    def trim(self) -> None:
        """Drop answers that were written after the mark; their events are sent again and are duplicates then.

        Raises FileError when answers before the mark are gone: nothing is sent as if they had been kept.
        """
        lines = self.result.read_bytes().splitlines(keepends=True) if self.result.exists() else []
        kept = lines[: self.events]
        if len(kept) < self.events or any(not line.endswith(b"\n") for line in kept):
            raise FileError(
                f"{self.result} 缺少以前的答复；--again 会全部重新发送，重新取得答复",
                f"{self.result} lacks answers that it had; --again sends all and gets them again",
            )
        with open(self.result, "wb", opener=_private) as opened:
            opened.writelines(kept)

    def store(self, lines: Sequence[Line], results: Sequence[Sent]) -> None:
        """Write the answers to these lines, durably, then move the mark."""
        with open(self.result, "ab", opener=_private) as opened:
            opened.writelines(_told(each) for each in results)
            opened.flush()
            os.fsync(opened.fileno())
        self._count(lines)
        self.events = self._seen
        self._mark()

    def _restart(self) -> None:
        """Forget what was sent; the answers up to now, which bring references, are kept beside as `.result~`."""
        self._mark()
        if self.result.exists():
            with open(self.result.with_name(self.result.name + "~"), "ab", opener=_private) as kept:
                kept.write(self.result.read_bytes())
                kept.flush()
                os.fsync(kept.fileno())
            self.result.unlink()

    def outcomes(self) -> Counter[str]:
        """Return how many answers of each outcome the result file holds; raises FileError when it is broken."""
        try:
            with self.result.open("rb") as opened:
                return Counter(str(json.loads(line)["outcome"]) for line in opened)
        except (ValueError, KeyError, TypeError):
            raise FileError(
                f"{self.result} 已损坏；--again 会全部重新发送，重新取得答复",
                f"{self.result} is broken; --again sends all and gets the answers again",
            ) from None

    def finish(self) -> None:
        """Mark the file as sent whole."""
        self.done = True
        self._mark()

    def _mark(self) -> None:
        mark = {"events": self.events, "digest": self._digest.hexdigest(), "done": self.done}
        fresh = self.resume.with_name(self.resume.name + ".new")
        fresh.write_text(json.dumps(mark) + "\n")
        os.replace(fresh, self.resume)


def _told(sent: Sent) -> bytes:
    told = {name: value for name, value in asdict(sent).items() if value not in (None, ())}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
