"""`lookup import`: take signed files of events, by name or from a drop folder, as a one-way boundary delivers them."""

from __future__ import annotations

import argparse
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from lookup.cli.asking import WrongUse, operator_name
from lookup.cli.import_failures import Failures, NotNow, database_failed, printable, seal_key_wrong
from lookup.cli.import_input import Seen, read_whole_signature, signature_of, which
from lookup.cli.import_missed import Missed
from lookup.cli.import_one import Ended, Importing, import_file
from lookup.cli.import_results import free, result_of
from lookup.cli.import_words import status_of, told
from lookup.cli.push_files import SUFFIXES
from lookup.cli.telling import Telling
from lookup.cli.typed import amount
from lookup.client_files import SUFFIX
from lookup.services.authenticate_client import UnreadableKey
from lookup.services.contexts import PushContext, open_push
from lookup.services.leave import leaving
from lookup.settings import PushSettings, read
from lookup.storage.database import Failure

_DESCRIPTION = """Takes files of events or lists that a registered client has signed (NAME and NAME.sig, docs/push.md)
as if they had been pushed. Nothing is applied before signature, size and digest are verified. Every answer is in
NAME.result.ndjson (may hold references: keep it secret); that of an earlier import becomes NAME.result.ndjson~2, then
~3 and so on, until you take it away. After any interruption run the same command again. From a FOLDER every complete
file is taken in the order of names and then moved, with its result, to done/ or refused/; what is not complete, or of a
client that may not act at present, stays for the next time. Uses the push settings (LOOKUP_DATABASE_URL …)."""
_EPILOG = """Exit status, the worst of all files: 0 all events taken, or nothing there, 1 some refused (see the result
file), 2 wrong use, or no such file, 3 not finished or not complete, or its client may not act at present: run again,
4 a file was refused and nothing more of it applied. With --watch 0 after SIGTERM or Ctrl-C."""
_DONE, _REFUSED = "done", "refused"
_DAY = 86400.0


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this command."""
    parser = commands.add_parser(
        "import", help="take signed files of events", description=_DESCRIPTION, epilog=_EPILOG
    )
    parser.add_argument("input", nargs="+", type=Path, help="FILE (its signature is FILE.sig) or FOLDER")
    parser.add_argument("--watch", action="store_true", help="stay and take what arrives in the folders")
    parser.add_argument(
        "--every", type=amount(_DAY), default=2.0, metavar="N", help="seconds between looks (%(default)s)"
    )
    parser.add_argument(
        "--patience",
        type=amount(_DAY),
        default=5.0,
        metavar="N",
        help="minutes after which --watch tells once of a file that stays incomplete (%(default)s)",
    )
    parser.add_argument("--again", action="store_true", help="import a file again that has a result already")


@dataclass(frozen=True, slots=True)
class _Run:
    """What one run of the command has.

    `missed` notes since when a file of a watched folder is incomplete, `held` which files (ids) wait, by which rule.
    """

    context: PushContext
    given: argparse.Namespace
    stop: threading.Event
    missed: Missed
    telling: Telling
    failures: Failures
    held: set[tuple[str, str]] = field(default_factory=set)


def run(arguments: argparse.Namespace) -> int:
    """Import; see the exit statuses in --help."""
    if any(arguments.watch and not each.is_dir() for each in arguments.input):
        raise WrongUse("--watch needs folders")
    telling = Telling()
    with leaving(open_push(read(PushSettings, os.environ))) as context, _told_to_stop() as stop:
        missed, failures = Missed(60 * arguments.patience), Failures(telling=telling)
        run = _Run(context, arguments, stop, missed, telling, failures)
        if arguments.watch:
            folders = " ".join(map(str, arguments.input))
            telling.say(f"等待文件，Ctrl-C 结束 / waiting for files, Ctrl-C ends it: {folders}")
        while not stop.is_set():
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
    named = path if path.is_dir() else path.with_name(path.name.removesuffix(SUFFIX) or path.name)

    def act() -> int:
        try:
            return _folder(run, path) if path.is_dir() else _named(run, named)
        except Failure as fault:
            raise database_failed(fault) from None

    return run.failures.guard(named, act)


def _named(run: _Run, path: Path) -> int:
    if not os.path.lexists(path) and not os.path.lexists(signature_of(path)):
        run.telling.say(f"{path}：没有这个文件或目录 / there is no such file or folder")
        return 2
    ended = _taken(_importing(run, path), path)
    run.telling.say(*told(path, ended))
    return status_of(ended)


def _folder(run: _Run, folder: Path) -> int:
    """Import what a folder holds, one after another, whatever becomes of the others; returns the worst status."""
    found = _waiting(folder)
    worst = 0
    for place, each in enumerate(found):
        if run.stop.is_set():
            left = len(found) - place
            run.telling.say(
                f"已中断，还有 {left} 个文件没有处理 / Interrupted: {left} more to be looked at; run again."
            )
            return 3
        worst = max(worst, run.failures.guard(each, partial(_from_folder, run, folder, each)))
    if not found and not run.given.watch:
        run.telling.say(
            f"{folder}：没有要导入的文件（找过 NAME{SUFFIX} 和 {'、'.join(SUFFIXES)}）",
            f"{folder}: nothing to import; looked for NAME{SUFFIX} and {', '.join(SUFFIXES)}",
        )
    return worst


def _importing(run: _Run, path: Path) -> Importing:
    def say(text: str) -> None:
        run.telling.progress(f"{printable(path)}: {text}")

    def known(file: str, rule: str) -> bool:
        before = (file, rule) in run.held
        run.held.add((file, rule))
        return before

    operator, again = operator_name(), run.given.again
    return Importing(run.context, operator, say, run.stop.is_set, again, known=known)


def _taken(importing: Importing, path: Path) -> Ended:
    try:
        return import_file(importing, path)
    except UnreadableKey:
        raise seal_key_wrong(path) from None


def _waiting(folder: Path) -> list[Path]:
    """The files of a folder that have a signature, or look as if they should, in the order of names."""
    signed = {each.with_name(each.name.removesuffix(SUFFIX)) for each in folder.glob(f"?*{SUFFIX}")}
    bare = (each for each in folder.glob("[!.]*") if each.suffix in SUFFIXES and each.is_file())
    return sorted(signed | {each for each in bare if ".result." not in each.name})


def _from_folder(run: _Run, folder: Path, path: Path) -> int:
    """Import one file of a folder and put it away; one that stays incomplete while watching is told once.

    Raises NotNow for one that waits for its client.
    """
    shelves: list[str] = []

    def put_away(ended: Ended, seen: Seen) -> None:
        if ended.state in ("imported", "before", "refused"):
            shelf = _REFUSED if ended.state == "refused" else _DONE
            _shelve(run, folder / shelf, path, seen)
            shelves.append(f"{shelf}/")

    ended = _taken(replace(_importing(run, path), put_away=put_away), path)
    late = run.missed.tell(path, ended.state == "incomplete", time.monotonic())
    lines = told(path, ended, *shelves)
    if ended.state == "held":
        raise NotNow(*lines)
    if not run.given.watch or ended.state not in ("incomplete", "busy") or late:
        run.telling.say(*lines)
    return status_of(ended)


def _shelve(run: _Run, shelf: Path, path: Path, seen: Seen) -> None:
    """Move the result of a file, the file and at last its signature, by which it was found; nothing is overwritten.

    What has come under the same name meanwhile was not imported and stays for the next look. A file or link in the
    place of the shelf is put aside.
    """
    if os.path.lexists(shelf) and (shelf.is_symlink() or not shelf.is_dir()):
        aside = free(shelf)
        os.rename(shelf, aside)
        run.telling.say(f"{shelf.name} 不是目录，已改名为 / was no folder of its own and is now {aside.name}")
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
