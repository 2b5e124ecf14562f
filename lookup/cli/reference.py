"""`lookup reference reissue`: for the counter of a police station, when a reference was lost or seen by others."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from lookup.cli.asking import operator_name
from lookup.services.contexts import open_push
from lookup.services.leave import leaving
from lookup.services.reissue_reference import reissue_reference
from lookup.settings import PushSettings, read
from lookup.web.qr import svg


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this command."""
    parser = commands.add_parser(
        "reference",
        help="issue a report's reference anew and revoke what went before",
        description="Makes a new query code and link for one report. The old ones, and every open session that "
        "used them, stop working at once. Check first that the person may have it. Uses the push settings.",
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    reissue = actions.add_parser("reissue", help="revoke the present reference and print a new one")
    reissue.add_argument("number", help="incident number (接警编号)")
    reissue.add_argument(
        "--qr", metavar="FILE", type=Path, help="also write the link as a QR code (SVG) to print"
    )


def run(arguments: argparse.Namespace) -> int:
    """Re-issue and print the new reference once."""
    with leaving(open_push(read(PushSettings, os.environ))) as context:
        reference = reissue_reference(context, arguments.number, operator_name())
    if reference is None:
        print(
            "There is no incident with this number here. Check the number; nothing was changed.",
            file=sys.stderr,
        )
        return 1
    print(f"接警编号  {reference.number}\n查询码    {reference.code}\n链接      {reference.link}")
    if arguments.qr:
        arguments.qr.write_bytes(svg(reference.link))
    return 0
