"""`lookup verify`: re-derive the audit ledger and say what does not hold; exit 1 with one line per finding."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from lookup.cli.asking import WrongUse
from lookup.cli.auditor import Read, console_reader, keeping
from lookup.domain.calendar import SHANGHAI
from lookup.ledger.findings import Report
from lookup.ledger.policy import Policy, parse_policy
from lookup.ledger.segment import MANIFEST
from lookup.ledger.wire import VerificationError
from lookup.services.verify_database import verify_database
from lookup.services.verify_files import check_bundles, check_receipt, check_segments, reader
from lookup.settings import SettingsError
from lookup.storage.database import open_database


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this command."""
    parser = commands.add_parser(
        "verify",
        help="verify the ledger, an archive segment or a receipt; one line per finding",
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
    receipt = kinds.add_parser("receipt", help="a receipt, offline")
    receipt.add_argument("file", type=Path, help="the receipt as it was downloaded")
    receipt.add_argument("--policy", type=Path, required=True, help="policy file: whose signatures count")
    receipt.add_argument("--open", metavar="SALT:JSON", help="check the restricted part too")
    db.add_argument(
        "--live", action="store_true", help="the service runs: report silence and waiting entries too"
    )
    _add_log(kinds)


def _add_log(kinds: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    log = kinds.add_parser(
        "log",
        help="the log from files, or from a console, without its database",
        description="Archive segments, or entry bundles beside a checkpoint. From a console each bundle that is "
        "fetched leaves an entry; password and one-time code of the audit administrator are asked for.",
    )
    place = log.add_mutually_exclusive_group(required=True)
    place.add_argument(
        "--dir", type=Path, help="a segment's folder, the folder that holds them, or kept bundles"
    )
    place.add_argument("--url", help="the console's address")
    log.add_argument("--name", help="account of an audit administrator, with --url")
    log.add_argument("--keep", type=Path, metavar="FOLDER", help="with --url: keep what was fetched there")
    log.add_argument(
        "--since", type=Path, metavar="FILE", help="a checkpoint kept from earlier: must lie on this log"
    )
    log.add_argument("--policy", type=Path, required=True, help="policy file: whose signatures count")


def run(arguments: argparse.Namespace) -> int:
    """Verify and print the report; exit 0 when everything holds, 1 with findings, 2 when there is nothing to read."""
    try:
        policy = parse_policy(arguments.policy.read_bytes())
        return {"db": _database, "receipt": _receipt, "log": _log}[arguments.kind](arguments, policy)
    except (OSError, VerificationError) as fault:
        print(f"The policy, an anchor or a file can not be read: {fault}", file=sys.stderr)
        return 2


def _receipt(arguments: argparse.Namespace, policy: Policy) -> int:
    data = arguments.file.read_bytes()
    try:
        told = check_receipt(data, policy, arguments.open)
    except VerificationError as fault:
        print(f"FAIL {fault}")
        return 1
    m, head = told.members, told.accepted.checkpoint
    at = datetime.fromtimestamp(int(m["t"]) / 1_000_000, UTC).astimezone(SHANGHAI)
    names = ", ".join(name.decode() for name in told.accepted.cosigned) or "none"
    print(f"OK: entry {m['w']}-{m['s']} {m['a']} {m['o']} at {at.isoformat(timespec='milliseconds')}")
    print(f"    index {told.index} of {head.size} in {head.origin}, witnesses: {names}")
    if arguments.open is not None:
        print("    the restricted part is the one that was committed to")
    return 0


def _log(arguments: argparse.Namespace, policy: Policy) -> int:
    folder: Path | None = arguments.dir
    if folder and ((folder / MANIFEST).exists() or not (folder / "checkpoint").exists()):
        return _segments(arguments, policy)
    read = reader(folder) if folder else _from_console(arguments)
    since = arguments.since.read_bytes() if arguments.since else None
    started = time.monotonic()
    return _told(check_bundles(read, policy, since, _progress), started)


def _from_console(arguments: argparse.Namespace) -> Read:
    if not arguments.name:
        raise WrongUse("--name is missing: the account of an audit administrator")
    password, code = getpass.getpass("Password: "), getpass.getpass("One-time code: ")
    read = console_reader(arguments.url, arguments.name, password, code)
    return keeping(read, arguments.keep) if arguments.keep else read


def _segments(arguments: argparse.Namespace, policy: Policy) -> int:
    bad = count = 0
    for folder, report in check_segments(arguments.dir, policy):
        count, bad = count + 1, bad + bool(report.counts)
        for line in report.lines():
            print(line)
        print(f"{'FAIL' if report.counts else 'OK'}: {folder.name} up to {report.size}", flush=True)
    if not count:
        print("There is no segment in that folder.", file=sys.stderr)
    return 1 if bad else 0 if count else 2


def _database(arguments: argparse.Namespace, policy: Policy) -> int:
    url = arguments.database or os.environ.get("LOOKUP_DATABASE_URL")
    if not url:
        raise SettingsError(
            ["LOOKUP_DATABASE_URL is not set: say which database to verify, or use --database"]
        )
    anchors = [file.read_bytes() for file in sorted(arguments.anchors.iterdir())] if arguments.anchors else []
    return _report(url, policy, anchors, arguments.live)


def _report(url: str, policy: Policy, anchors: list[bytes], live: bool) -> int:
    started = time.monotonic()
    database = open_database(url, pool=4, digest=policy.digest)
    try:
        report = verify_database(database, policy, anchors=anchors, live=live, progress=_progress)
    finally:
        database.close()
        print(file=sys.stderr)
    return _told(report, started)


def _told(report: Report, started: float) -> int:
    for line in report.lines():
        print(line)
    seconds = time.monotonic() - started
    print(
        f"{'FAIL' if report.counts else 'OK'}: {report.size} entries, {report.checkpoints} checkpoints, "
        f"{report.anchors} anchors, root {report.root.hex()[:16]}…, {seconds:.1f} s"
    )
    return 1 if report.counts else 0


def _progress(size: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{size} entries", end="", file=sys.stderr, flush=True)
