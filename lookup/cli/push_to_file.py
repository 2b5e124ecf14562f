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


def write(arguments: argparse.Namespace) -> int:
    """Write all inputs, in order, as one signed file; 0 written, 2 not, and then there is no file."""

    def fill(out: SignedFile) -> None:
        for name in arguments.input:
            _copy(name, out)

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
    except (FileError, OSError) as fault:
        print(f"Not written: {fault}", file=sys.stderr)
        return 2
    print(f"{path}: {out.events} lines, signed; carry it over with {path.name}.sig", file=sys.stderr)
    return 0


def _copy(name: str, out: SignedFile) -> None:
    if name == "-":
        _add(lines_of(sys.stdin.buffer, whole=False), out)
        return
    for path in files_of(Path(name)):
        try:
            with path.open("rb") as opened:
                _add(lines_of(opened, whole=path.suffix == ".json"), out)
        except ValueError:
            raise FileError(f"{path} is no JSON") from None


def _add(lines: Iterator[Line], out: SignedFile) -> None:
    """Copy every event; a line that is no JSON object goes along and is told in the result of the import."""
    for line in lines:
        if line.event is None:
            out.add_line(line.raw)
        else:
            out.add(line.event)
