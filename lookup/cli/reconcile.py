"""`lookup reconcile`: a source asks what is missing of what it sent, with the project's own signed client."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import Any

from lookup.cli.asking import WrongUse
from lookup.cli.push_connection import add_connection, open_client
from lookup.cli.push_to_file import write_list
from lookup.cli.reconcile_list import errors_of, numbers_of, print_compared, words_of
from lookup.cli.typed import a_day
from lookup.client import PushError
from lookup.client_oversight import ListError, Oversight
from lookup.domain.sequence import UNUSED_REASONS

_EPILOG = """Exit status: 0 nothing is missing, or a later list counts instead; 1 something is missing; 2 wrong use, or
a file that can not be read; 3 the service refused, or gave no usable answer."""
_DESCRIPTION = """Every report must be entered (每警必录). `gaps` finds lost events, or declares numbers that were never
used, `manifest` sends the list of a day and says what either side lacks, `show` compares it again later, `drift`
compares a day by unit without sending a number."""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this command and its actions."""
    parser = commands.add_parser(
        "reconcile",
        help="ask what is missing of what a source sent",
        description=_DESCRIPTION,
        epilog=_EPILOG,
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    gaps = actions.add_parser("gaps", help="which numbers of this source's sequence are missing")
    _add_unused(gaps)
    send = actions.add_parser("manifest", help="send the list of a day and compare")
    send.add_argument("file", help="FILE with one incident number a line, or - for standard input")
    send.add_argument("--id", help="id of the list for ever; by default the day, and the unit after a hyphen")
    send.add_argument("--unit", help="12-digit code, when the list is of one unit and those below it only")
    how = send.add_mutually_exclusive_group()
    how.add_argument(
        "--dry-run", action="store_true", help="compare only; the service keeps nothing of the list"
    )
    how.add_argument(
        "--to-file",
        type=Path,
        metavar="FILE",
        help="send nothing: write FILE and FILE.sig for `lookup import`",
    )
    show = actions.add_parser("show", help="compare a list that was sent with what has come up to now")
    show.add_argument("id", help="id of the list")
    drift = actions.add_parser("drift", help="compare a day by unit, by count and hash only")
    drift.add_argument(
        "file", help="FILE with unit code and incident number in each line, or - for standard input"
    )
    waiting = actions.add_parser("waiting", help="which events of this source do not fit what is known")
    waiting.add_argument(
        "--until", type=a_day, metavar="DAY", help="last day, at most 30 after --day (YYYY-MM-DD)"
    )
    for each in (send, drift, waiting):
        each.add_argument("--day", type=a_day, required=True, help="day in Asia/Shanghai, YYYY-MM-DD")
    for each in (gaps, send, show, drift, waiting):
        each.epilog = _EPILOG
        add_connection(each)


def _add_unused(gaps: argparse.ArgumentParser) -> None:
    gaps.add_argument(
        "--unused",
        type=_numbers,
        metavar="FIRST-LAST",
        help="declare that these missing numbers, or this one, were never used; supervisors see it, it can not be "
        "taken back, and an event that comes under one of them counts as ever",
    )
    gaps.add_argument("--reason", choices=UNUSED_REASONS, help="why; needed with --unused")
    gaps.add_argument(
        "--dry-run", action="store_true", help="with --unused: only say whether it would be taken"
    )


def run(arguments: argparse.Namespace) -> int:
    """Ask and print; see the exit statuses in --help."""
    actions = {"gaps": _gaps, "manifest": _manifest, "show": _show, "drift": _drift, "waiting": _waiting}
    try:
        if getattr(arguments, "to_file", None):
            return write_list(arguments, _name(arguments), numbers_of(arguments.file))
        with open_client(arguments) as client:
            return actions[arguments.action](Oversight(client), arguments)
    except PushError as fault:
        print(f"No usable answer: {fault}", *errors_of(fault), sep="\n  ", file=sys.stderr)
        return 3


def _gaps(service: Oversight, arguments: argparse.Namespace) -> int:
    if arguments.unused or arguments.reason or arguments.dry_run:
        return _declare(service, arguments)
    told = service.gaps()
    if told["first"] is None:
        print("No event with a sequence has come from this source.")
        return 0
    print(
        f"From {told['first']} to {told['last']}: {told['missing']} missing, {told['settling']} may be on their way."
    )
    for gap in told["gaps"]:
        print(f"  {gap['first']} to {gap['last']}, since {gap['since']}")
    if told["more"]:
        print("  There are more. Fill these first, or check how the source counts.")
    _declared(told)
    return 1 if told["missing"] else 0


def _declared(told: dict[str, Any]) -> None:
    if told["unused"]:
        print(f"  {told['unused']} more were declared as never used.")
    came = [number for each in told["declared"] for number in each["came"]]
    if came:
        print(f"  Declared as never used, but something has come all the same: {', '.join(came)}")


def _declare(service: Oversight, arguments: argparse.Namespace) -> int:
    if not arguments.unused or not arguments.reason:
        print(f"To declare, give --unused and --reason ({', '.join(UNUSED_REASONS)}).", file=sys.stderr)
        return 2
    first, last = arguments.unused
    told = service.declare_unused(first, last, arguments.reason, dry_run=arguments.dry_run)
    would = "Could be declared" if arguments.dry_run else "Declared"
    print(f"{would} as never used: {told['first']} to {told['last']} ({told['reason']}).")
    return 0


def _numbers(text: str) -> tuple[int, int]:
    """Read 17-20, or 17."""
    found = re.fullmatch(r"([0-9]{1,18})(?:-([0-9]{1,18}))?", text, re.ASCII)
    if found is None:
        raise argparse.ArgumentTypeError("not a number or a range such as 17-20")
    return int(found.group(1)), int(found.group(2) or found.group(1))


def _manifest(service: Oversight, arguments: argparse.Namespace) -> int:
    lines = numbers_of(arguments.file)
    try:
        told = service.send_manifest(
            _name(arguments), arguments.day, lines, arguments.unit, dry_run=arguments.dry_run
        )
    except ListError as fault:
        places = {f"/numbers/{index}": lines[each] for index, each in enumerate(fault.numbers)}
        print(f"The list was not taken: {fault}", *errors_of(fault, places), sep="\n  ", file=sys.stderr)
        return 3
    return print_compared(told)


def _name(arguments: argparse.Namespace) -> str:
    return arguments.id or "-".join(filter(None, (arguments.day, arguments.unit)))


def _show(service: Oversight, arguments: argparse.Namespace) -> int:
    try:
        return print_compared(service.manifest(arguments.id))
    except PushError as fault:
        if fault.status != 404:
            raise
        print("This source has sent no list under this id, or only tried with --dry-run.", file=sys.stderr)
        return 3


def _drift(service: Oversight, arguments: argparse.Namespace) -> int:
    by_unit: dict[str, list[str]] = {}
    for place, words in words_of(arguments.file):
        if len(words) != 2:
            raise WrongUse(f"line {place}: each line holds a unit code and an incident number")
        by_unit.setdefault(words[0], []).append(words[1])
    differing = service.drift(arguments.day, by_unit)
    for unit, (own, came) in differing.items():
        print(f"{unit}: {own} here, {came} received")
    if not differing:
        print("Every unit agrees.")
    return 1 if differing else 0


def _waiting(service: Oversight, arguments: argparse.Namespace) -> int:
    told = service.waiting(arguments.day, arguments.until)
    for each in told["waiting"]:
        what = each.get("to") or each["type"]
        where = f"where it stands at {each['stands']}" if each["stands"] else "where nothing has begun"
        print(f"{each['id']}: {each['incident']} {each['time']} {what}, {where}; {_lacks(each)}")
    if told["more"]:
        print("There are more. Ask day by day.")
    if not told["waiting"]:
        print("No event waits.")
    return 1 if told["waiting"] else 0


def _lacks(event: dict[str, Any]) -> str:
    """Return what a waiting event lacks, in words."""
    return {
        "step": f"it lacks a step to {' or '.join(event.get('before', ()))}",
        "clause": "it lacks the reason or the target that this step needs there: correct or retract it",
        "case": "its case has not begun",
        "original": "the event that it corrects or retracts is not here",
        "nothing": "no event can make it fit: correct or retract it",
    }[event["lacks"]]
