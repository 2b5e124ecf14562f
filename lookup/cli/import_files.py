"""`lookup import`: take signed files of events, by name or from a drop folder, as a one-way boundary delivers them."""

from __future__ import annotations

import argparse
import getpass
import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from lookup.cli.asking import WrongUse
from lookup.cli.import_failures import Failures, printable
from lookup.cli.import_input import Seen, read_whole_signature, signature_of, which
from lookup.cli.import_lines import REFUSED
from lookup.cli.import_missed import Missed
from lookup.cli.import_one import Ended, Importing, import_file
from lookup.cli.import_results import free, result_of
from lookup.client_files import SUFFIX
from lookup.services.authenticate_file import RULES
from lookup.services.contexts import PushContext, open_push
from lookup.services.leave import leaving
from lookup.settings import PushSettings, read
from lookup.storage.database import Failure

_DESCRIPTION = """Takes files of events or lists that a registered client has signed (NAME and NAME.sig, docs/push.md)
as if they had been pushed. Nothing is applied before signature, size and digest are verified. Every answer is in
NAME.result.ndjson (may hold references: keep it secret); that of an earlier import becomes NAME.result.ndjson~2. After
any interruption run the same command again. From a FOLDER every complete file is taken in the order of names and then
moved, with its result, to done/ or refused/. Uses the push settings (LOOKUP_DATABASE_URL …)."""
_EPILOG = """Exit status: 0 all events taken, 1 some refused (see the result file), 2 wrong use, 3 not finished or not
complete: run again, 4 a file was refused and nothing more of it applied. With --watch 0 after SIGTERM or Ctrl-C."""
_DONE, _REFUSED = "done", "refused"
_STATUS = {"imported": 0, "before": 0, "incomplete": 3, "busy": 3, "stopped": 3, "refused": 4}
_TEXTS = {
    "incomplete": "is not complete yet (the file is missing or shorter than signed, or .sig ends without a newline)",
    "busy": "is being imported by another process",
    "stopped": "was interrupted; nothing is lost, run the same command again",
}


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this command."""
    parser = commands.add_parser(
        "import", help="take signed files of events", description=_DESCRIPTION, epilog=_EPILOG
    )
    parser.add_argument("input", nargs="+", type=Path, help="FILE (its signature is FILE.sig) or FOLDER")
    parser.add_argument("--watch", action="store_true", help="stay and take what arrives in the folders")
    parser.add_argument("--every", type=float, default=2.0, help="seconds between looks (%(default)s)")
    parser.add_argument(
        "--patience",
        type=float,
        default=5.0,
        help="minutes after which --watch tells once of a file that stays incomplete (%(default)s)",
    )
    parser.add_argument("--again", action="store_true", help="import a file again that has a result already")


@dataclass(frozen=True, slots=True)
class _Run:
    """What one run of the command has: `missed` notes since when a file of a watched folder is incomplete."""

    context: PushContext
    given: argparse.Namespace
    stop: threading.Event
    missed: Missed
    failures: Failures


def run(arguments: argparse.Namespace) -> int:
    """Import; see the exit statuses in --help."""
    unfit = [str(each) for each in arguments.input if arguments.watch and not each.is_dir()]
    if unfit or arguments.every <= 0:
        raise WrongUse("--watch needs folders" if unfit else "--every must be positive")
    missed, failures = Missed(60 * arguments.patience), Failures()
    with leaving(open_push(read(PushSettings, os.environ))) as context, _told_to_stop() as stop:
        while not stop.is_set():
            run = _Run(context, arguments, stop, missed, failures)
            found = [_import(run, path) for path in arguments.input]
            if not arguments.watch:
                return max(found)
            stop.wait(arguments.every)
    return 0


@contextmanager
def _told_to_stop() -> Iterator[threading.Event]:
    """An event that SIGTERM and Ctrl-C set, so that the batch in hand is finished first."""
    stop = threading.Event()
    before = {
        number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _import(run: _Run, path: Path) -> int:
    """Import one file or what a folder holds; a database that fails is told and may be back at the next look."""
    guard = run.failures.guard

    def one(folder: Path, each: Path) -> int:
        return guard(each, lambda: _from_folder(run, folder, each))

    try:
        if path.is_dir():
            return guard(path, lambda: max([one(path, each) for each in _waiting(path)], default=0))
        named = path.with_name(path.name.removesuffix(SUFFIX) or path.name)
        return guard(named, lambda: _tell(named, import_file(_importing(run, named), named)))
    except Failure as fault:
        print(
            f"\nInterrupted: the database failed ({type(fault).__name__}). Nothing is lost.", file=sys.stderr
        )
        return 3


def _importing(run: _Run, path: Path) -> Importing:
    end = "\r" if sys.stderr.isatty() else "\n"

    def say(text: str) -> None:
        print(f"{printable(path)}: {text}   ", file=sys.stderr, end=end, flush=True)

    return Importing(run.context, getpass.getuser(), say, run.stop.is_set, run.given.again)


def _waiting(folder: Path) -> list[Path]:
    """The files of a folder that have a signature, in the order of names."""
    return [each.with_name(each.name.removesuffix(SUFFIX)) for each in sorted(folder.glob(f"?*{SUFFIX}"))]


def _from_folder(run: _Run, folder: Path, path: Path) -> int:
    """Import one file of a folder and put it away; one that stays incomplete while watching is told once."""
    if run.stop.is_set():
        return 3

    def put_away(ended: Ended, seen: Seen) -> None:
        if ended.state in ("imported", "before", "refused"):
            _shelve(folder / (_REFUSED if ended.state == "refused" else _DONE), path, seen)

    ended = import_file(replace(_importing(run, path), put_away=put_away), path)
    late = run.missed.tell(path, ended.state == "incomplete", time.monotonic())
    if run.given.watch and ended.state in ("incomplete", "busy") and not late:
        return 3
    return _tell(path, ended)


def _shelve(shelf: Path, path: Path, seen: Seen) -> None:
    """Move the result of a file, the file and at last its signature, by which it was found; nothing is overwritten.

    What has come under the same name meanwhile was not imported and stays for the next look. A file or link in the
    place of the shelf is put aside.
    """
    if os.path.lexists(shelf) and (shelf.is_symlink() or not shelf.is_dir()):
        aside = free(shelf)
        os.rename(shelf, aside)
        print(f"{shelf.name} was no folder of its own and is {aside.name} now", file=sys.stderr, flush=True)
    shelf.mkdir(mode=0o700, exist_ok=True)

    def move(each: Path) -> None:
        if os.path.lexists(each):
            os.rename(each, free(shelf / each.name))

    move(result_of(path))
    if read_whole_signature(path) != seen.signature:
        return
    now = which(path)
    if now == seen.file:
        move(path)
    elif now and seen.file and now[:2] == seen.file[:2]:
        return
    move(signature_of(path))


def _tell(path: Path, ended: Ended) -> int:
    counts = Counter(ended.counts)
    told = ", ".join(f"{count:,} {outcome}" for outcome, count in sorted(counts.items())) or "no event"
    if ended.state == "refused":
        text = f"refused ({ended.rule}): {RULES[ended.rule][1]} Applied before that: {told}."
    elif ended.state == "before":
        text = f"was imported before ({told}); --again imports it once more"
    else:
        text = _TEXTS.get(ended.state) or f"imported: {told}"
    print(f"{printable(path)} {text}", file=sys.stderr, flush=True)
    refused = ended.state in ("imported", "before") and any(counts[outcome] for outcome in REFUSED)
    return 1 if refused else _STATUS[ended.state]
