"""`lookup rules`: print a rulebook readably, or explain one incident step by step with articles."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from lookup.services import event_json
from lookup.services.describe_rules import page
from lookup.services.explain_incident import explain, local_time
from lookup.services.law import read_law


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this command."""
    parser = commands.add_parser("rules", help="show a rulebook, or explain one incident step by step")
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="WHAT")
    show = kinds.add_parser(
        "show", help="states, steps, limits, papers and remedies of a rulebook, as Markdown"
    )
    show.add_argument("rulebook", choices=("R2016", "R2024", "R2026"))
    told = kinds.add_parser(
        "explain", help="what a list of events (JSON, the stored form) says at a time, and why"
    )
    told.add_argument("events", type=Path, metavar="EVENTS.json")
    told.add_argument(
        "--at", required=True, metavar="TIME", help="ISO 8601; Asia/Shanghai when no offset is given"
    )
    for kind in (show, told):
        kind.add_argument("--lang", choices=("zh-Hans", "en"), default="zh-Hans")


def run(arguments: argparse.Namespace) -> int:
    """Print what was asked for; 2 when the events or the time can not be read."""
    law = read_law()
    if arguments.kind == "show":
        print(page(law.rules.named(arguments.rulebook), arguments.lang), end="")
        return 0
    try:
        listed = json.loads(arguments.events.read_text(encoding="utf-8"))
        events = [event_json.load(json.dumps(item)) for item in listed]
        print(explain(law, events, local_time(arguments.at), arguments.lang))
    except (OSError, KeyError, TypeError, ValueError) as fault:
        print(f"The events or the time can not be read ({type(fault).__name__}).", file=sys.stderr)
        return 2
    return 0
