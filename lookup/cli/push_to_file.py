"""`--to-file`: what would be sent as one signed file, for a network that no request leaves."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from lookup.cli.push_connection import open_key
from lookup.cli.push_files import FileError, Line, files_of, lines_of
from lookup.client_files import LINES, LISTS, SignedFile
from lookup.client_oversight import parts

LONGEST = 4 * 1024 * 1024
"""Bytes of a line that an import takes."""


def write(arguments: argparse.Namespace) -> int:
    """Write all inputs, in order, as one signed file; 0 written, 2 not, and then there is no file."""

    def fill(out: SignedFile) -> None:
        for name in arguments.input:
            _copy(name, out)
        if not out.events:
            raise FileError("没有可写的事件", "there is no event to write")

    return _signed(arguments, LINES, fill)


def write_list(arguments: argparse.Namespace, name: str, numbers: Iterable[str]) -> int:
    """Write the list of a day as one signed file, a part a line; 0 written, 2 not, and then there is no file."""

    def fill(out: SignedFile) -> None:
        for part in parts(name, arguments.day, sorted(set(numbers)), arguments.unit):
            out.add_line(json.dumps(part, separators=(",", ":")).encode())

    return _signed(arguments, LISTS, fill)


def _signed(arguments: argparse.Namespace, media: str, fill: Callable[[SignedFile], None]) -> int:
    key, algorithm = open_key(arguments, "key_id", "key_file", "source")
    path, source = arguments.to_file, arguments.source
    try:
        with SignedFile(path, arguments.key_id, key, source, algorithm=algorithm, media=media) as out:
            fill(out)
    except FileExistsError:
        return _not("已有这个文件或它的 .sig", f"{path} or its .sig exists already")
    except FileError as fault:
        return _not(fault.chinese, fault.english)
    except OSError as fault:
        return _not(str(fault.strerror), f"{fault.filename or path}: {fault.strerror}")
    except KeyboardInterrupt:
        print("已中断，没有写出文件 / Interrupted; no file was written.", file=sys.stderr)
        return 3
    lines = f"{out.events:,} 行 {'line' if out.events == 1 else 'lines'}"
    print(f"{path}：{lines}，已签名 signed；请同 {path.name}.sig 一起送出 / carry both over", file=sys.stderr)
    return 0


def _not(chinese: str, english: str) -> int:
    print(f"未写出：{chinese}", f"Not written: {english}", sep="\n", file=sys.stderr)
    return 2


def _copy(name: str, out: SignedFile) -> None:
    if name == "-":
        _add(lines_of(sys.stdin.buffer, whole=False), out)
        return
    given = at = Path(name)
    try:
        for at in files_of(given):
            with at.open("rb") as opened:
                _add(lines_of(opened, whole=at.suffix == ".json"), out)
    except FileError as fault:
        raise FileError(f"{at}：{fault.chinese}", f"{at}: {fault.english}") from None


def _add(lines: Iterator[Line], out: SignedFile) -> None:
    """Copy every event; a line that is no JSON object goes along and is told in the result of the import."""
    for number, line in enumerate(lines, 1):
        if line.event is not None:
            out.add(line.event)
        elif len(line.raw) > LONGEST:
            raise FileError(f"第 {number:,} 条超过 4 MiB", f"event {number:,} is longer than 4 MiB")
        else:
            out.add_line(line.raw)
