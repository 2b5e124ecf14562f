"""`lookup erase`: network prefix and details of entries go, their commitments stay, every proof still holds."""

from __future__ import annotations

import argparse
import os
import re
import sys

from lookup.cli.typed import days
from lookup.services.contexts import open_retention
from lookup.services.leave import leaving
from lookup.services.prune import erase, erase_one
from lookup.settings import Common, read


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this command."""
    parser = commands.add_parser(
        "erase",
        help="erase the restricted part of old entries, keeping every proof",
        description="Erases in the database only; delete `restricted.jsonl` of the archive segments yourself.",
    )
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--older-than-days", type=days, metavar="N", help="of every entry older than N days")
    which.add_argument("--entry", metavar="WRITER-SEQ", help="of one entry, as the law may demand earlier")


def run(arguments: argparse.Namespace) -> int:
    """Erase and say how much; exit 1 when there was nothing to erase at a place."""
    place = re.fullmatch(r"([0-9]{1,15})-([0-9]{1,15})", arguments.entry or "1-1")
    if place is None:
        print("An entry is named like 12-345.", file=sys.stderr)
        return 2
    with leaving(open_retention(read(Common, os.environ))) as context:
        if arguments.entry:
            count = int(erase_one(context, int(place[1]), int(place[2])))
        else:
            count = erase(context, arguments.older_than_days)
    print(f"{count} entries erased")
    return 1 if arguments.entry and not count else 0
