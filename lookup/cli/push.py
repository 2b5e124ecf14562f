"""`lookup push`: send events from files, folders or standard input with the project's own signed client."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from lookup.cli.push_connection import add_connection, open_client
from lookup.cli.push_files import UNREADABLE, FileError, Line, Progress, alone, batches_of, files_of, lines_of
from lookup.cli.push_to_file import write
from lookup.cli.push_words import given_up, refused_file
from lookup.cli.telling import Telling, counted, events
from lookup.cli.typed import whole_number
from lookup.client import PushClient, PushError, Sent

_DESCRIPTION = """Sends state events (CloudEvents JSON) in order, in batches, each event once, and writes the answer
to each beside its file (FILE.result, may hold references: keep it secret). FILE.resume says how far it came; after any
interruption run the same command again. .ndjson and .jsonl hold one event a line, .json one event or an array; a
folder is sent file by file in the order of names, and one that can not be sent does not stop the others; - reads lines
from standard input and prints the answers."""
_EPILOG = """Exit status: 0 all taken, 1 some refused (see the result file), 2 wrong use, or a file that can not be
sent, 3 interrupted, by Ctrl-C too, or no answer: run again, 4 the service refused a whole request, such as for its
key: mend what it says, then run again."""
_REFUSED = ("conflict", "quarantined", "unreadable")


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this command."""
    parser = commands.add_parser(
        "push",
        help="send events from a file, a folder or standard input",
        description=_DESCRIPTION,
        epilog=_EPILOG,
    )
    parser.add_argument("input", nargs="+", help="FILE, FOLDER or - for standard input")
    add_connection(parser)
    parser.add_argument(
        "--batch",
        type=whole_number(1, 1000),
        default=500,
        metavar="N",
        help="events a request, 1 to 1000 (%(default)s)",
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--dry-run", action="store_true", help="only have the events judged; nothing is changed")
    how.add_argument(
        "--to-file",
        type=Path,
        metavar="FILE",
        help="send nothing: write FILE and FILE.sig for `lookup import`",
    )
    parser.add_argument(
        "--again", action="store_true", help="send from the beginning, whatever was sent before"
    )


@dataclass(slots=True)
class _Run:
    """One run of the command: `sent` counts what was answered in it, `status` is the worst so far."""

    client: PushClient
    given: argparse.Namespace
    telling: Telling
    sent: Counter[str] = field(default_factory=Counter)
    status: int = 0


def run(arguments: argparse.Namespace) -> int:
    """Send everything, or write it to a signed file; see the exit statuses in --help."""
    if arguments.to_file:
        return write(arguments)
    telling = Telling()
    with open_client(arguments, telling) as client:
        run = _Run(client, arguments, telling)
        try:
            for name in arguments.input:
                _send(run, name)
        except PushError as fault:
            telling.say(*given_up(fault), *_ended(run, mend=fault.refused))
            return 4 if fault.refused else 3
        except KeyboardInterrupt:
            telling.say("已中断。", "Interrupted.", *_ended(run))
            return 3
    return run.status


def _ended(run: _Run, *, mend: bool = False) -> tuple[str, str]:
    """Return the lines that say how many events were answered, and that the same command goes on."""
    number = run.sent.total()
    if run.given.dry_run:
        return f"已判断 {number:,} 条，什么都没有改变。", f"{events(number)} judged; nothing was changed."
    zh = "已接收的再发送也只算一次" if "-" in run.given.input else "会从中断处继续"
    en = "what was taken counts once" if "-" in run.given.input else "it goes on from there"
    return (
        f"本次已答复 {number:,} 条，没有丢失任何内容。{'改正后' if mend else '请'}再次运行同一命令，{zh}。",
        f"{events(number)} answered in this run; nothing is lost. "
        f"{'Mend that, then run' if mend else 'Run'} the same command again: {en}.",
    )


@contextmanager
def _telling_faults(run: _Run, name: str | Path) -> Iterator[None]:
    """Tell of what can not be sent, so that what comes after it is sent all the same."""
    try:
        yield
    except BrokenPipeError:  # whoever reads the answers has gone
        raise
    except (FileError, OSError) as fault:
        run.telling.say(*refused_file(name, fault))
        run.status = max(run.status, 2)


def _send(run: _Run, name: str) -> None:
    with _telling_faults(run, name):
        if name == "-":
            _send_lines(run, lines_of(sys.stdin.buffer, whole=False), None, "标准输入 standard input")
        else:
            _send_files(run, name)


def _send_files(run: _Run, name: str) -> None:
    paths = files_of(Path(name))
    for path in paths:
        with _telling_faults(run, path):
            _send_file(run, path)
    if not paths:
        run.telling.say(
            f"{name}：没有 .json、.jsonl 或 .ndjson 文件 / there is no .json, .jsonl or .ndjson file"
        )


def _send_file(run: _Run, path: Path) -> None:
    """Send one file, or the rest of it; raises FileError or OSError when it can not be read, or its answers kept."""
    with path.open("rb") as opened:
        progress = None if run.given.dry_run else _begun(opened, path, run.given.again)
        _send_lines(run, lines_of(opened, whole=path.suffix == ".json"), progress, path.name)
    if progress:
        progress.finish()


def _begun(opened: BinaryIO, path: Path, again: bool) -> Progress:
    """Return how far a file was sent, which no other process sends meanwhile; from its beginning with `again`."""
    alone(opened)
    progress = Progress(path, again=again)
    progress.trim()
    return progress


def _send_lines(run: _Run, lines: Iterator[Line], progress: Progress | None, title: str) -> None:
    totals = progress.outcomes() if progress else Counter[str]()
    before = totals.total()
    if progress:
        lines = progress.pending(lines)
        if before and not progress.done:
            run.telling.say(f"{title}：从第 {before + 1:,} 条继续 / going on after {events(before)}")
    for batch in batches_of(lines, run.given.batch):
        results = _answers(run, batch)
        if progress:
            progress.store(batch, results)
        else:
            _print(results)
        told = Counter(each.outcome for each in results)
        totals.update(told)
        run.sent.update(told)
        run.telling.progress(f"{title}：{_count(totals, before)}")
    refused = any(totals[outcome] for outcome in _REFUSED)
    run.status = max(run.status, int(refused))
    see = f"，见 see {progress.result}" if progress and refused else ""
    if progress and before and totals.total() == before:
        again = "--again 可重新发送 / sent already ({}); --again sends it once more"
        run.telling.say(f"{title}：以前已发送，{again.format(events(before))}：{counted(totals)}{see}")
    else:
        only = "（只判断 judged only）" if run.given.dry_run else ""
        run.telling.say(f"{title}：{_count(totals, before)}{only}{see}")


def _count(totals: Counter[str], before: int) -> str:
    number = totals.total()
    some = f"（其中以前 {before:,} before）" if before else ""
    told = counted(totals) or "无可发送 nothing to send"
    return f"{number:,} 条 {'event' if number == 1 else 'events'}{some}：{told}"


def _answers(run: _Run, batch: list[Line]) -> list[Sent]:
    """Return an answer for each line; what is no JSON object is not sent and answered here, in its place."""
    sendable = [line.event for line in batch if line.event is not None]
    told = iter(run.client.send_batch(sendable, dry_run=run.given.dry_run))
    unreadable = Sent(run.client.source, "", "unreadable", errors=(UNREADABLE,))
    return [unreadable if line.event is None else next(told) for line in batch]


def _print(results: list[Sent]) -> None:
    for each in results:
        told = {
            "id": each.id,
            "outcome": each.outcome,
            "incident": each.incident,
            "errors": list(each.errors),
        }
        print(json.dumps({name: value for name, value in told.items() if value}, ensure_ascii=False))
    sys.stdout.flush()
