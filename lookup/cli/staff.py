"""`lookup staff`: console accounts. What opens an account is printed once and kept nowhere."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import segno

from lookup.cli.asking import operator_name
from lookup.domain.faults import Fault
from lookup.domain.roles import Role
from lookup.services import manage_staff
from lookup.services.contexts import ConsoleContext, open_console
from lookup.services.leave import leaving
from lookup.services.manage_staff import Issued, NewAccount
from lookup.settings import ConsoleSettings, read

_SHANGHAI = ZoneInfo("Asia/Shanghai")


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this command."""
    parser = commands.add_parser(
        "staff",
        help="make and manage console accounts",
        description="Accounts of the supervisors' console. Uses the console settings, with the database user that "
        "owns the tables: the console's own role may not change accounts. Every act leaves a ledger entry.",
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    add = actions.add_parser("add", help="make an account and print what opens it, once")
    add.add_argument("name", help="name for signing in")
    add.add_argument("--role", required=True, choices=[role.value for role in Role])
    add.add_argument(
        "--jurisdiction",
        action="append",
        default=[],
        metavar="CODE",
        help="unit code or its first digits; may be repeated; a supervisor needs at least one",
    )
    add.add_argument(
        "--body", default="", help="unit or organisation as citizens read it; a supervisor needs one"
    )
    body = actions.add_parser("body", help="say to which unit or organisation an account belongs")
    body.add_argument("name")
    body.add_argument("body", help="its name, as citizens read it beside a look at their report")
    actions.add_parser("list", help="list every account")
    for action, text in (
        ("disable", "close an account and end its session"),
        ("enable", "open a closed account again"),
        ("allow-covert", "let a supervisor declare looks that citizens are told of later (依法暂不告知)"),
        ("forbid-covert", "take that back; what was declared before no longer hides new looks"),
        ("reset", "print a new password and authenticator secret, once; the old ones stop working"),
    ):
        actions.add_parser(action, help=text).add_argument("name")


def run(arguments: argparse.Namespace) -> int:
    """Do one act; returns 1 when it was refused."""
    settings = replace(read(ConsoleSettings, os.environ), database_role="")
    with leaving(open_console(settings)) as context:
        done = _do(context, arguments, operator_name())
    if isinstance(done, Issued):
        _print_issued(done, settings.origin)
        return 0
    for fault in done:
        print(fault.text("en"), file=sys.stderr)
    return 1 if done else 0


def _do(context: ConsoleContext, arguments: argparse.Namespace, operator: str) -> Issued | tuple[Fault, ...]:
    if arguments.action == "add":
        typed = NewAccount(arguments.name, arguments.role, tuple(arguments.jurisdiction), arguments.body)
        return manage_staff.create(context, operator, typed)
    if arguments.action == "list":
        _print_list(context, operator)
        return ()
    if arguments.action == "reset":
        issued = manage_staff.reset(context, operator, arguments.name)
        return (issued,) if isinstance(issued, Fault) else issued
    changed = _changed(context, arguments, operator)
    return (changed,) if isinstance(changed, Fault) else ()


def _changed(context: ConsoleContext, arguments: argparse.Namespace, operator: str) -> object | Fault:
    action, name = arguments.action, arguments.name
    if action == "body":
        return manage_staff.set_body(context, operator, name, arguments.body)
    if action.endswith("-covert"):
        return manage_staff.set_covert(context, operator, name, action == "allow-covert")
    return manage_staff.set_disabled(context, operator, name, action == "disable")


def _print_issued(issued: Issued, issuer: str) -> None:
    uri = issued.factors.uri(issued.account.name, issuer)
    print(f"账号 Account    {issued.account.name}  ({issued.account.role})")
    print(f"密码 Password   {issued.factors.password}")
    print(f"动态码 TOTP     {uri}\n")
    segno.make(uri, error="m").terminal(compact=True)
    print("\n以上内容只显示这一次。This is shown only once; scan it with an authenticator app now.")


def _print_list(context: ConsoleContext, operator: str) -> None:
    for each in manage_staff.accounts(context, operator):
        made = datetime.fromtimestamp(each.created / 1_000_000, _SHANGHAI)
        state = "closed" if each.disabled else "open"
        print(
            f"{each.name:24} {each.role:24} {each.jurisdiction or '-':16} {state:8} {made:%Y-%m-%d %H:%M} "
            f"{'covert' if each.covert else '-':8} {each.body or '-'}"
        )
