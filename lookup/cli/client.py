"""`lookup client`: register and manage the systems that may push events. Every act is a ledger entry."""

from __future__ import annotations

import argparse
import os
import secrets
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lookup.cli.asking import WrongUse, operator_name, sure
from lookup.cli.client_words import KINDS, day_of, last_day, now, scope_lines, state_of
from lookup.cli.key_files import KeyTextError, public_key, write_secret
from lookup.cli.sequence_words import sequence_line
from lookup.cli.typed import a_text
from lookup.ledger.entry import b64u
from lookup.services import register_client as service
from lookup.services.contexts import PushContext, open_push
from lookup.services.leave import leaving
from lookup.services.register_client import NEVER, Amendment, Refusal, Scope, Unchanged
from lookup.settings import PushSettings, read
from lookup.storage.clients import ClientRow, KeyRow

_UNIT = "unit code or its first digits; repeat"
_LAST = "last day (YYYY-MM-DD, Asia/Shanghai)"
_DESCRIPTION = """Registers the systems (110 dispatch, case management …) that may push events, what each may speak
for, and its keys. Uses the push settings (LOOKUP_DATABASE_URL …) and connects as the login itself, not as
LOOKUP_DATABASE_ROLE, because the push process has no right to change clients."""

_EPILOG = """Exit status: 0 done, or it was so already; 1 refused, or you said no: nothing was changed; 2 wrong use."""
_PUBLIC = """Ed25519 public key as `lookup client keygen` or `openssl pkey -in key.pem -pubout` prints it; write
--public=KEY, because a key may begin with a hyphen"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this command and its actions."""
    parser = commands.add_parser(
        "client",
        help="register and manage the systems that may push events",
        description=_DESCRIPTION,
        epilog=_EPILOG,
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    add = actions.add_parser("add", help="register a client", epilog=_EPILOG)
    add.add_argument("id", type=a_text, help="short id, for example yunxi-110")
    add.add_argument("--name", required=True, help="name for people, for example 云溪市110指挥中心")
    add.add_argument("--source", required=True, help="CloudEvents source URI, for example urn:yunxi:110")
    add.add_argument("--unit", action="append", required=True, help=_UNIT)
    add.add_argument(
        "--kind", action="append", choices=KINDS, help="event type it may send; repeat; without it all"
    )
    add.add_argument("--expires", type=last_day, metavar="DAY", help=_LAST)
    _add_scope_parser(actions)
    actions.add_parser("list", help="list all clients", epilog=_EPILOG)
    for name, text in (
        ("show", "show a client and its keys"),
        ("suspend", "refuse everything of a client"),
        ("resume", "end a suspension: take its pushes again"),
    ):
        act = actions.add_parser(name, help=text, epilog=_EPILOG)
        act.add_argument("id", type=a_text, help="client id")
        if name == "suspend":
            act.add_argument("--yes", action="store_true", help="do not ask")
    keygen = actions.add_parser(
        "keygen", help="make an Ed25519 key pair (at the client, not here)", epilog=_EPILOG
    )
    keygen.add_argument("file", type=Path, help="new file for the private key")
    _add_key_parser(actions)


def _add_scope_parser(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    scope = actions.add_parser(
        "scope",
        help="change what a client may speak for, and until when",
        description="What is not named stays as it is.",
        epilog=_EPILOG,
    )
    scope.add_argument("id", type=a_text, help="client id")
    scope.add_argument("--unit", action="append", help=f"{_UNIT}; in place of all units that it has")
    kinds = scope.add_mutually_exclusive_group()
    kinds.add_argument(
        "--kind",
        action="append",
        choices=KINDS,
        help="event type it may send; repeat; in place of all that it has",
    )
    kinds.add_argument("--all-kinds", action="store_true", help="it may send every event type")
    until = scope.add_mutually_exclusive_group()
    until.add_argument("--expires", type=last_day, metavar="DAY", help=_LAST)
    until.add_argument("--no-expiry", action="store_true", help="its registration does not end")


def _add_key_parser(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    keys = actions.add_parser("key", help="add or revoke keys (two may live at once)")
    acts = keys.add_subparsers(dest="key_action", required=True, metavar="ACTION")
    add = acts.add_parser("add", help="add a public key, or make a shared secret for an old system")
    add.add_argument("id", type=a_text, help="client id")
    kind = add.add_mutually_exclusive_group(required=True)
    kind.add_argument("--public", metavar="KEY", help=_PUBLIC)
    kind.add_argument("--hmac", type=Path, metavar="FILE", help="write a new HMAC-SHA256 secret to FILE")
    add.add_argument("--expires", type=last_day, metavar="DAY", help=_LAST)
    revoke = acts.add_parser("revoke", help="revoke a key for good")
    revoke.add_argument("key", type=a_text, help="key id as `lookup client show` prints it")
    revoke.add_argument("--yes", action="store_true", help="do not ask")
    for each in (add, revoke):
        each.epilog = _EPILOG


def run(arguments: argparse.Namespace) -> int:
    """Run one action; 0 done or so already, 1 refused (nothing was changed)."""
    if arguments.action == "keygen":
        return _keygen(arguments.file)
    settings = read(PushSettings, os.environ)
    name = f"key {arguments.key_action}" if arguments.action == "key" else arguments.action
    with leaving(open_push(replace(settings, database_role=""))) as context:
        return _ACTIONS[name](context, arguments)


def _keygen(file: Path) -> int:
    key = Ed25519PrivateKey.generate()
    if not write_secret(file, key.private_bytes_raw()):
        return 1
    print(f"Private key: {file} (only its owner can read it; it is not shown and never leaves this machine)")
    public = b64u(key.public_key().public_bytes_raw())
    print(f"Public key:  {public}")
    print(
        f"Next: give the public key to the operator, who runs `lookup client key add CLIENT --public={public}`."
    )
    return 0


def _add(context: PushContext, arguments: argparse.Namespace) -> int:
    scope = Scope(tuple(arguments.unit), tuple(arguments.kind or ()), arguments.expires)
    made = service.register(context, operator_name(), arguments.id, arguments.name, arguments.source, scope)
    return _done(made, f"Registered. Next: `lookup client key add {arguments.id} --public=KEY`.")


def _rescope(context: PushContext, arguments: argparse.Namespace) -> int:
    kinds = () if arguments.all_kinds else tuple(arguments.kind) if arguments.kind else None
    units = tuple(arguments.unit) if arguments.unit else None
    scope = Amendment(units, kinds, NEVER if arguments.no_expiry else arguments.expires)
    if scope == Amendment():
        raise WrongUse("say what changes: --unit, --kind or --all-kinds, --expires or --no-expiry")
    made = service.rescope(context, operator_name(), arguments.id, scope)
    status = _done(made, "This scope holds from the next request on:", "That is its scope already.")
    if isinstance(made, ClientRow):
        print(scope_lines(made))
    return status


def _list(context: PushContext, arguments: argparse.Namespace) -> int:
    clients = service.listed(context)
    for row in clients:
        print(f"{row.id:<20} {state_of(row):<10} {','.join(row.units):<24} {row.source}  {row.name}")
    if not clients:
        print("No client yet. Next: `lookup client add --help`.")
    return 0


def _show(context: PushContext, arguments: argparse.Namespace) -> int:
    found = service.shown(context, arguments.id)
    if isinstance(found, Refusal):
        return _done(found, "")
    row, keys = found
    print(f"{row.id}  {row.name}\nsource   {row.source}\nstate    {state_of(row)}\n{scope_lines(row)}")
    print(f"sequence {sequence_line(context, row.source)}")
    print("keys:" if keys else f"keys     none yet: `lookup client key add {row.id} --public=KEY`")
    for key in keys:
        state = "revoked" if key.revoked else "live" if service.live([key], now()) else "expired"
        print(
            f"  {key.id:<34} {key.algorithm:<12} {state:<8} since {day_of(key.created)}, expires {day_of(key.expires)}"
        )
    return 0


def _suspend(context: PushContext, arguments: argparse.Namespace) -> int:
    if not sure(f"Refuse everything that {arguments.id} sends from now on?", yes=arguments.yes):
        return 1
    made = service.suspend(context, operator_name(), arguments.id)
    end = f"`lookup client resume {arguments.id}` ends it."
    return _done(made, f"Suspended. {end}", f"It was suspended already. {end}")


def _resume(context: PushContext, arguments: argparse.Namespace) -> int:
    made = service.resume(context, operator_name(), arguments.id)
    row = made.row if isinstance(made, Unchanged) else made
    if isinstance(row, ClientRow) and state_of(row) == "expired":
        still = (
            f"its registration has expired, so that nothing of it is taken. "
            f"`lookup client scope {row.id} --expires DAY` prolongs it."
        )
        return _done(made, f"The suspension has ended, but {still}", f"It was not suspended, but {still}")
    again = "Its pushes are taken again. Have it send again what was refused meanwhile."
    return _done(made, again, "It was not suspended. Its pushes are taken.")


def _key_add(context: PushContext, arguments: argparse.Namespace) -> int:
    secret = secrets.token_bytes(32)
    try:
        material = public_key(arguments.public) if arguments.public is not None else secret
    except KeyTextError as fault:
        return _done(Refusal("material", str(fault)), "")
    if arguments.hmac and not write_secret(arguments.hmac, secret):
        return 1
    algorithm = "hmac-sha256" if arguments.hmac else "ed25519"
    made = service.add_key(context, operator_name(), arguments.id, algorithm, material, arguments.expires)
    if isinstance(made, KeyRow):
        if arguments.hmac:
            print(f"Secret:  {arguments.hmac} (hand it over on paper or a sealed carrier, then delete it)")
        print(f"Key id:  {made.id}\nNext: the client sends `GET /v1/whoami` signed with it.")
        return 0
    if arguments.hmac:
        arguments.hmac.unlink()
    return _done(made, "")


def _key_revoke(context: PushContext, arguments: argparse.Namespace) -> int:
    if not sure(f"Revoke {arguments.key} for good?", yes=arguments.yes):
        return 1
    made = service.revoke_key(context, operator_name(), arguments.key)
    return _done(made, "Revoked.", "It was revoked already.")


_ACTIONS: dict[str, Callable[[PushContext, argparse.Namespace], int]] = {
    "add": _add,
    "scope": _rescope,
    "list": _list,
    "show": _show,
    "suspend": _suspend,
    "resume": _resume,
    "key add": _key_add,
    "key revoke": _key_revoke,
}


def _done(made: object, text: str, already: str = "") -> int:
    if isinstance(made, Refusal):
        print(f"Nothing was changed: {made.text}", file=sys.stderr)
        return 1
    print(already if isinstance(made, Unchanged) else text)
    return 0
