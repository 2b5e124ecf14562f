"""`lookup alarm`: lanes of the audit log that alarmed, and answering for one."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace

from lookup.cli.asking import operator_name
from lookup.cli.typed import a_number
from lookup.services.actors import operator_token
from lookup.services.alarms import REASONS, acknowledge, is_decision, standing
from lookup.services.contexts import ConsoleContext, open_console
from lookup.services.leave import leaving
from lookup.settings import ConsoleSettings, read

_DESCRIPTION = """The sequencer quarantines a lane (one writing connection) whose numbers have a hole or whose entries
were changed before they came into the tree. What stands behind the alarm stays outside the tree, the lane stays shut.
Acknowledging says in the log that somebody looked into it: /healthz/audit is in order again, `lookup verify db` goes on
telling it as a note. Uses the console settings."""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this command and its actions."""
    parser = commands.add_parser(
        "alarm",
        help="list lanes that alarmed, and answer for one",
        description=_DESCRIPTION,
        epilog="Exit status: 0 done, 1 an alarm is open (list) or there is no such alarm, 2 wrong words.",
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser(
        "list", help="every alarm: what was expected and found, when, how much stands behind it"
    )
    answering = actions.add_parser("acknowledge", help="answer for one, in an entry of the log")
    answering.add_argument("lane", type=a_number, help="number of the lane, as `list` shows it")
    answering.add_argument(
        "--reason",
        choices=tuple(REASONS),
        required=True,
        help="; ".join(f"{k}: {english}" for k, (_, english) in REASONS.items()),
    )
    answering.add_argument(
        "--decision", required=True, help="number of the file or decision (文号); no names: it stays for ever"
    )


def run(arguments: argparse.Namespace) -> int:
    """Run one action."""
    if arguments.action == "acknowledge" and not is_decision(arguments.decision):
        print("--decision: four to forty letters, digits, 〔〕 () [] . - of a file's number", file=sys.stderr)
        return 2
    with leaving(open_console(replace(read(ConsoleSettings, os.environ), database_role=""))) as context:
        return _list(context) if arguments.action == "list" else _acknowledge(context, arguments)


def _list(context: ConsoleContext) -> int:
    with context.database.read() as conn:
        found = standing(conn)
    for each in found:
        print(f"{'settled' if each.is_settled else 'OPEN   '}  {each.line()}")
    if not found:
        print("None.")
    return 0 if all(each.is_settled for each in found) else 1


def _acknowledge(context: ConsoleContext, arguments: argparse.Namespace) -> int:
    actor = operator_token(context.settings.pepper, operator_name())
    place = acknowledge(context, actor, arguments.lane, arguments.reason, arguments.decision)
    if not isinstance(place, str):
        print("That lane did not alarm; `lookup alarm list` shows those that did.", file=sys.stderr)
        return 1
    print(
        f"Entry {place} answers for lane {arguments.lane}, as soon as the worker has taken it into the tree."
    )
    return 0
