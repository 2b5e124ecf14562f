"""`lookup logkey`: making, adding and retiring the keys that sign the audit log (docs/ledger.md, key ceremony)."""

from __future__ import annotations

import argparse
import os
import secrets
import sys
from pathlib import Path

from lookup.ledger.entry import b64u
from lookup.ledger.note import parse_vkey
from lookup.ledger.policy import Policy, parse_policy
from lookup.ledger.wire import VerificationError
from lookup.services.log_key import LogKey
from lookup.services.log_keys import KeyLifeError, joined, retired
from lookup.services.transparency import checkpoint
from lookup.settings import SettingsError
from lookup.storage.database import open_database


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this command."""
    parser = commands.add_parser(
        "logkey",
        help="make, rotate and retire the keys that sign the audit log",
        description="Order: new, LOOKUP_LOG_KEY_NEXT for the worker, rotate; at least a week later retire, then "
        "the new key becomes LOOKUP_LOG_KEY and the old one is destroyed. Publish the policy after each step.",
    )
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="WHAT")
    new = kinds.add_parser("new", help="print a fresh secret and its verifier key")
    new.add_argument("--origin", required=True, help="name of the log")
    rotate = kinds.add_parser("rotate", help="add a verifier key to a policy file, valid from now on")
    rotate.add_argument("--policy", type=Path, required=True)
    rotate.add_argument("vkey", help="the verifier key that `new` printed")
    retire = kinds.add_parser("retire", help="end a key of a policy file at the newest checkpoint")
    retire.add_argument("--policy", type=Path, required=True)
    retire.add_argument("id", help="its id: the eight digits between the plus signs")


def run(arguments: argparse.Namespace) -> int:
    """Make a key, or write the policy file anew; exit 1 when the step is not possible now."""
    if arguments.kind == "new":
        return _new(arguments.origin)
    try:
        old = parse_policy(arguments.policy.read_bytes())
        policy = _changed(old, arguments)
    except (OSError, VerificationError, KeyLifeError) as fault:
        print(f"Nothing was changed: {fault}", file=sys.stderr)
        return 1
    temporary = arguments.policy.with_suffix(".new")
    temporary.write_bytes(policy.to_bytes())
    temporary.replace(arguments.policy)
    sys.stdout.write(policy.to_bytes().decode())
    return 0


def _new(origin: str) -> int:
    seed = secrets.token_bytes(32)
    print(f"LOOKUP_LOG_KEY_NEXT={b64u(seed)}")
    print(f"# {LogKey.from_seed(origin, seed).public.vkey()}")
    return 0


def _changed(policy: Policy, arguments: argparse.Namespace) -> Policy:
    newest = _newest()
    if arguments.kind == "rotate":
        size = int(newest.split(b"\n")[1]) if newest else 0
        return joined(policy, parse_vkey(arguments.vkey.encode()), size)
    return retired(policy, arguments.id, newest)


def _newest() -> bytes:
    url = os.environ.get("LOOKUP_DATABASE_URL")
    if not url:
        raise SettingsError(["LOOKUP_DATABASE_URL is not set: the size of the log is needed"])
    database = open_database(url, pool=1, role=os.environ.get("LOOKUP_DATABASE_ROLE") or None)
    latest = checkpoint(database)
    database.close()
    return latest[0] if latest else b""
