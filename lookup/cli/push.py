"""`lookup push`: send events from files, folders or standard input with the project's own signed client."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from lookup.cli.asking import WrongUse
from lookup.cli.push_connection import add_connection, open_client
from lookup.cli.push_files import FileError, Line, Progress, alone, batches_of, files_of, lines_of
from lookup.cli.push_to_file import write
from lookup.client import PushClient, PushError, Sent

_DESCRIPTION = """Sends state events (CloudEvents JSON) in order, in batches, each event once, and writes the answer
to each beside its file (FILE.result, may hold references: keep it secret). FILE.resume says how far it came; after any
interruption run the same command again. .ndjson and .jsonl hold one event a line, .json one event or an array; a
folder is sent file by file in the order of names; - reads lines from standard input and prints the answers."""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this command."""
    parser = commands.add_parser(
        "push",
        help="send events from a file, a folder or standard input",
        description=_DESCRIPTION,
        epilog="Exit status: 0 all taken, 1 some refused (see the result file), 2 wrong use, 3 interrupted: run again.",
    )
    parser.add_argument("input", nargs="+", help="FILE, FOLDER or - for standard input")
    add_connection(parser)
    parser.add_argument("--batch", type=int, default=500, help="events a request, 1 to 1000 (%(default)s)")
    parser.add_argument(
        "--dry-run", action="store_true", help="only have the events judged; nothing is changed"
    )
    parser.add_argument(
        "--to-file",
        type=Path,
        metavar="FILE",
        help="send nothing: write FILE and FILE.sig for `lookup import`",
    )
    parser.add_argument(
        "--again", action="store_true", help="send from the beginning, whatever was sent before"
    )


def run(arguments: argparse.Namespace) -> int:
    """Send everything, or write it to a signed file; see the exit statuses in --help."""
    if arguments.to_file:
        return write(arguments)
    if not 1 <= arguments.batch <= 1000:
        raise WrongUse("--batch must be 1 to 1000")
    with open_client(arguments) as client:
        totals: Counter[str] = Counter()
        try:
            for name in arguments.input:
                totals += _send(client, name, arguments)
        except FileError as fault:
            print(f"Not sent: {fault}", file=sys.stderr)
            return 2
        except PushError as fault:
            print(f"\nInterrupted: {fault}. Nothing is lost; run the same command again.", file=sys.stderr)
            return 3
    return 1 if totals["conflict"] + totals["quarantined"] + totals["unreadable"] else 0


def _send(client: PushClient, name: str, arguments: argparse.Namespace) -> Counter[str]:
    if name == "-":
        return _send_lines(client, lines_of(sys.stdin.buffer, whole=False), arguments, None, "standard input")
    totals: Counter[str] = Counter()
    for path in files_of(Path(name)):
        totals += _send_file(client, path, arguments)
    return totals


def _send_file(client: PushClient, path: Path, arguments: argparse.Namespace) -> Counter[str]:
    with path.open("rb") as opened:
        progress = None if arguments.dry_run else _begun(opened, path, arguments.again)
        before = progress.events if progress and progress.done else None
        try:
            lines = lines_of(opened, whole=path.suffix == ".json")
            totals = _send_lines(client, lines, arguments, progress, path.name)
        except ValueError:
            raise FileError(f"{path} is no JSON") from None
    if progress is None:
        return totals
    progress.finish()
    if progress.events == before:
        print(f"{path}: sent already ({before} events); --again sends it once more", file=sys.stderr)
    return progress.outcomes()


def _begun(opened: BinaryIO, path: Path, again: bool) -> Progress:
    """Return how far a file was sent, which no other process sends meanwhile; from its beginning with `again`."""
    alone(opened)
    progress = Progress(path)
    if again:
        progress.restart()
    return progress


def _send_lines(
    client: PushClient,
    lines: Iterator[Line],
    arguments: argparse.Namespace,
    progress: Progress | None,
    title: str,
) -> Counter[str]:
    totals: Counter[str] = Counter()
    if progress:
        progress.trim()
        lines = progress.pending(lines)
    for batch in batches_of(lines, arguments.batch):
        results = _answers(client, batch, arguments.dry_run)
        totals.update(each.outcome for each in results)
        if progress:
            progress.store(batch, results)
        else:
            _print(results)
        _tell(title, totals, end="\r" if sys.stderr.isatty() else "\n")
    _tell(title, totals, end="\n")
    return totals


def _answers(client: PushClient, batch: list[Line], dry_run: bool) -> list[Sent]:
    """Return an answer for each line; what is no JSON object is not sent and answered here, in its place."""
    sendable = [line.event for line in batch if line.event is not None]
    told = iter(client.send_batch(sendable, dry_run=dry_run))
    return [Sent(client.source, "", "unreadable") if line.event is None else next(told) for line in batch]


def _print(results: list[Sent]) -> None:
    for each in results:
        told = {
            "id": each.id,
            "outcome": each.outcome,
            "incident": each.incident,
            "errors": list(each.errors),
        }
        print(json.dumps({name: value for name, value in told.items() if value}, ensure_ascii=False))


def _tell(title: str, totals: Counter[str], end: str) -> None:
    parts = ", ".join(f"{count} {outcome}" for outcome, count in sorted(totals.items()))
    events = "event" if totals.total() == 1 else "events"
    print(
        f"{title}: {totals.total()} {events}: {parts or 'nothing to send'}   ",
        file=sys.stderr,
        end=end,
        flush=True,
    )
