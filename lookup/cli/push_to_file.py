"""`lookup push --to-file`: the same inputs as one signed file, for a network that no request leaves."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from lookup.cli.push_connection import open_key
from lookup.cli.push_files import FileError, Line, files_of, lines_of
from lookup.client_files import SignedFile


def write(arguments: argparse.Namespace) -> int:
    """Write all inputs, in order, as one signed file; 0 written, 2 not, and then there is no file."""
    key, algorithm = open_key(arguments, "key_id", "key_file", "source")
    try:
        with SignedFile(
            arguments.to_file, arguments.key_id, key, arguments.source, algorithm=algorithm
        ) as out:
            for name in arguments.input:
                _copy(name, out)
    except (FileError, OSError) as fault:
        print(f"Not written: {fault}", file=sys.stderr)
        return 2
    print(f"{out.path}: {out.events} events, signed; carry it over with {out.path.name}.sig", file=sys.stderr)
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
