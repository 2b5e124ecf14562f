"""`lookup archive`: retention of the audit ledger. Sealing deletes nothing; pruning only what verifies sealed."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from lookup.cli.typed import days
from lookup.ledger.policy import Policy, parse_policy
from lookup.ledger.segment import ALIGN, LEAST_DAYS, YEARS_3
from lookup.ledger.wire import VerificationError
from lookup.services.archive import ArchiveError, seal
from lookup.services.contexts import RetentionContext, open_retention
from lookup.services.leave import leaving
from lookup.services.prune import prune
from lookup.services.restore import restore
from lookup.settings import Common, read


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this command."""
    parser = commands.add_parser(
        "archive",
        help="seal old entries into files, prune what is sealed, put a segment back",
        description="Use the settings every surface has, and on PostgreSQL LOOKUP_DATABASE_ROLE=lookup_retention.",
    )
    parser.add_argument("--policy", type=Path, required=True, help="policy file: quorum and witnesses")
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="WHAT")
    sealing = kinds.add_parser(
        "seal", help="write every whole segment of 65,536 entries and record it in the log"
    )
    sealing.add_argument("folder", type=Path, help="where segments go; copy them to write-once storage")
    pruning = kinds.add_parser("prune", help="delete entries that are sealed, cosigned and old enough")
    pruning.add_argument(
        "--keep-days",
        type=days,
        default=YEARS_3,
        help=f"entries stay this long (%(default)s), at least {LEAST_DAYS}",
    )
    back = kinds.add_parser("restore", help="put the entries of one segment back, for an inquiry")
    back.add_argument("folder", type=Path, help="the segment's folder")


def run(arguments: argparse.Namespace) -> int:
    """Do it; exit 1 when something does not verify."""
    try:
        policy = parse_policy(arguments.policy.read_bytes())
    except (OSError, VerificationError) as fault:
        print(f"The policy can not be read: {fault}", file=sys.stderr)
        return 2
    try:
        with leaving(open_retention(read(Common, os.environ))) as context:
            _do(context, policy, arguments)
    except (ArchiveError, ValueError) as fault:
        print(f"Stopped: {fault}", file=sys.stderr)
        return 1
    return 0


def _do(context: RetentionContext, policy: Policy, arguments: argparse.Namespace) -> None:
    if arguments.kind == "seal":
        sealed = False
        for row in seal(context, policy, arguments.folder):
            sealed = True
            print(f"sealed {row.lo} to {row.hi}, manifest {row.manifest.hex()}", flush=True)
        if not sealed:
            print(f"nothing to seal: no whole segment of {ALIGN:,} entries is waiting")
    elif arguments.kind == "prune":
        below = prune(context, policy, arguments.keep_days)
        print(f"entries below index {below} are in the archive only" if below else "nothing is pruned")
    else:
        print(f"{restore(context.database, policy, arguments.folder)} entries put back")
