"""`lookup reconcile`: a source asks what is missing of what it sent, with the project's own signed client."""

from __future__ import annotations

import argparse
import sys

from lookup.cli.push_connection import add_connection, open_client
from lookup.client import PushError
from lookup.client_oversight import Oversight

_EPILOG = "Exit status: 0 nothing is missing, 1 something is, 2 wrong use, 3 no usable answer."


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this command and its actions."""
    parser = commands.add_parser(
        "reconcile", help="ask what is missing of what a source sent", epilog=_EPILOG
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    gaps = actions.add_parser(
        "gaps", help="which numbers of this source's sequence are missing", epilog=_EPILOG
    )
    add_connection(gaps)


def run(arguments: argparse.Namespace) -> int:
    """Ask and print; see the exit statuses in --help."""
    with open_client(arguments) as client:
        try:
            return _gaps(Oversight(client))
        except PushError as fault:
            print(f"No usable answer: {fault}", file=sys.stderr)
            return 3


def _gaps(service: Oversight) -> int:
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
    return 1 if told["missing"] else 0
