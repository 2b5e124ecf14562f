"""`lookup verify`: re-derive the audit ledger and say what does not hold; exit 1 with one line per finding."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from lookup.ledger.policy import Policy, parse_policy
from lookup.ledger.wire import VerificationError
from lookup.services.verify_database import verify_database
from lookup.settings import SettingsError
from lookup.storage.database import open_database


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this command."""
    parser = commands.add_parser(
        "verify",
        help="re-derive the whole audit ledger and report every finding",
        description="Checks signatures, every root, every tile, every entry and every number. Reads only.",
    )
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="WHAT")
    db = kinds.add_parser("db", help="the ledger in the database LOOKUP_DATABASE_URL (or --database)")
    db.add_argument("--database", help="database URL, instead of LOOKUP_DATABASE_URL")
    db.add_argument(
        "--policy", type=Path, required=True, help="policy file: whose signatures count (tlog-policy)"
    )
    db.add_argument(
        "--anchors", type=Path, help="folder of checkpoints kept elsewhere; each must lie on this history"
    )
    db.add_argument(
        "--live", action="store_true", help="the service runs: report silence and waiting entries too"
    )


def run(arguments: argparse.Namespace) -> int:
    """Verify and print the report."""
    url = arguments.database or os.environ.get("LOOKUP_DATABASE_URL")
    if not url:
        raise SettingsError(
            ["LOOKUP_DATABASE_URL is not set: say which database to verify, or use --database"]
        )
    try:
        policy = parse_policy(arguments.policy.read_bytes())
        anchors = (
            [file.read_bytes() for file in sorted(arguments.anchors.iterdir())] if arguments.anchors else []
        )
    except (OSError, VerificationError) as fault:
        print(f"The policy or an anchor can not be read: {fault}", file=sys.stderr)
        return 2
    return _report(url, policy, anchors, arguments.live)


def _report(url: str, policy: Policy, anchors: list[bytes], live: bool) -> int:
    started = time.monotonic()
    database = open_database(url, pool=4)
    try:
        report = verify_database(database, policy, anchors=anchors, live=live, progress=_progress)
    finally:
        database.close()
        print(file=sys.stderr)
    print(*report.lines(), sep="\n", end="\n" if report.counts else "")
    seconds = time.monotonic() - started
    print(
        f"{'FAIL' if report.counts else 'OK'}: {report.size} entries, {report.checkpoints} checkpoints, "
        f"{report.anchors} anchors, root {report.root.hex()[:16]}…, {seconds:.1f} s"
    )
    return 1 if report.counts else 0


def _progress(size: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{size} entries", end="", file=sys.stderr, flush=True)
