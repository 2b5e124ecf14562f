"""`lookup witness`: what another organisation runs to watch that the log only grows."""

from __future__ import annotations

import argparse
import os
import secrets
import sys
from pathlib import Path

from lookup.cli.serve import become_gunicorn
from lookup.ledger.policy import parse_policy
from lookup.ledger.wire import VerificationError
from lookup.services.cosign import witness_key


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this command."""
    parser = commands.add_parser(
        "witness",
        help="run a witness that cosigns the audit log of somebody else",
        description="A witness cosigns a checkpoint only if the log has grown from the last one it saw.",
    )
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="WHAT")
    key = kinds.add_parser("key", help="make a witness key; prints the line for the log's policy file")
    key.add_argument("file", type=Path, help="where to keep the secret; must not exist yet")
    key.add_argument("--name", required=True, help="name of the witness, e.g. witness.example.org/w1")
    serve = kinds.add_parser("serve", help="answer add-checkpoint requests (C2SP tlog-witness)")
    serve.add_argument("--name", required=True, help="name of the witness")
    serve.add_argument("--key", type=Path, required=True, help="file with the secret")
    serve.add_argument("--policy", type=Path, required=True, help="policy file: the logs to watch")
    serve.add_argument(
        "--state", type=Path, required=True, help="SQLite file; losing it means losing the watch"
    )
    serve.add_argument("--bind", default="127.0.0.1:8010", help="address:port (%(default)s)")


def run(arguments: argparse.Namespace) -> int:
    """Make a key or become the witness."""
    return _make(arguments.file, arguments.name) if arguments.kind == "key" else _serve(arguments)


def _make(file: Path, name: str) -> int:
    seed = secrets.token_urlsafe(32)
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(seed + "\n")
    except FileExistsError:
        print(f"{file} is there already; a witness keeps its key.", file=sys.stderr)
        return 2
    print(f"witness w1 {witness_key(name, seed)[0].vkey()} https://ADDRESS/OF/THIS/WITNESS")
    return 0


def _serve(arguments: argparse.Namespace) -> int:
    try:
        witness_key(arguments.name, arguments.key.read_text(encoding="ascii"))
        parse_policy(arguments.policy.read_bytes())
    except (OSError, ValueError, VerificationError) as fault:
        print(f"The key or the policy can not be used: {fault}", file=sys.stderr)
        return 2
    os.environ["LOOKUP_WITNESS_NAME"] = arguments.name
    for name in ("key", "policy", "state"):
        os.environ[f"LOOKUP_WITNESS_{name.upper()}_FILE"] = str(getattr(arguments, name).resolve())
    become_gunicorn("lookup.web.witness:from_environment()", arguments.bind)
    return 1
