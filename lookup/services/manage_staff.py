"""Making and managing console accounts from the command line; each act is an entry `admin.staff`.

An account has one role for ever and its name is never used again, so that the three administrators (三员分立) can
not become one account, not even one after the other.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

from lookup.domain import roles
from lookup.domain.faults import Fault
from lookup.domain.roles import Right, Role
from lookup.services import factors
from lookup.services.actors import operator_token
from lookup.services.contexts import ConsoleContext
from lookup.services.factors import Factors
from lookup.services.sign_in import account_name
from lookup.storage import staff
from lookup.storage.database import Collision, Transaction
from lookup.storage.lanes import Draft, append, now_us
from lookup.storage.staff import Account


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What an operator typed; `jurisdictions` are unit codes or their first digits.

    `body` is the unit or organisation as citizens will read it; a supervisor has one.
    """

    name: str
    role: str
    jurisdictions: tuple[str, ...] = ()
    body: str = ""


@dataclass(frozen=True, slots=True)
class Issued:
    """An account and its fresh factors, to be shown once."""

    account: Account
    factors: Factors


def create(context: ConsoleContext, operator: str, typed: NewAccount) -> Issued | tuple[Fault, ...]:
    """Make an account with fresh factors. `operator` is the login name of whoever sits at the command line."""
    checked = _checked(typed)
    if not isinstance(checked, _Checked):
        return checked
    id_ = secrets.token_bytes(16)
    made = factors.make(context.settings.seal_key, id_)
    places = " ".join(checked.places)
    account = Account(
        id_,
        checked.name,
        checked.role.value,
        places,
        made.password_hash,
        made.totp_sealed,
        0,
        now_us(),
        False,
        checked.body,
    )
    try:
        with context.database.write() as conn:
            staff.add(conn, account)
            _note(context, conn, operator, "add", account)
    except Collision:
        return (Fault("account", "taken"),)
    return Issued(account, made)


def reset(context: ConsoleContext, operator: str, name: str) -> Issued | Fault:
    """Give an account new factors and end its session; the old ones, and its known devices, are worth nothing."""
    with context.database.write() as conn:
        account = staff.by_name(conn, account_name(name))
        if account is None:
            return _unknown(context, conn, operator, "reset")
        made = factors.make(context.settings.seal_key, account.id)
        staff.set_factors(conn, account.id, made.password_hash, made.totp_sealed)
        staff.end_sessions(conn, account.id)
        _note(context, conn, operator, "reset", account)
        return Issued(account, made)


def set_disabled(context: ConsoleContext, operator: str, name: str, disabled: bool) -> Account | Fault:
    """Close an account, ending its session, or open it again."""
    act = "disable" if disabled else "enable"
    with context.database.write() as conn:
        account = staff.by_name(conn, account_name(name))
        if account is None:
            return _unknown(context, conn, operator, act)
        staff.set_disabled(conn, account.id, disabled)
        staff.end_sessions(conn, account.id)
        _note(context, conn, operator, act, account)
        return account


def set_body(context: ConsoleContext, operator: str, name: str, typed: str) -> Account | Fault:
    """Say to which unit or organisation an account belongs; citizens read it beside later looks."""
    body = _body(typed)
    if isinstance(body, Fault):
        return body
    with context.database.write() as conn:
        account = staff.by_name(conn, account_name(name))
        if account is None:
            return _unknown(context, conn, operator, "body")
        staff.set_body(conn, account.id, body)
        _note(context, conn, operator, "body", account)
        return account


def set_covert(context: ConsoleContext, operator: str, name: str, covert: bool) -> Account | Fault:
    """Allow a supervisor's account to declare covert looks (依法暂不告知), or no longer."""
    act = "covert" if covert else "overt"
    with context.database.write() as conn:
        account = staff.by_name(conn, account_name(name))
        if account is None:
            return _unknown(context, conn, operator, act)
        if not roles.may([Role(account.role)], Right.LOOK_COVERTLY):
            _note(context, conn, operator, act, account, "refused")
            return Fault("covert", "role")
        staff.set_covert(conn, account.id, covert)
        _note(context, conn, operator, act, account)
        return account


def accounts(context: ConsoleContext, operator: str) -> list[Account]:
    """Return every account; reading the list is an act too."""
    with context.database.write() as conn:
        found = staff.accounts(conn)
        _note(context, conn, operator, "list", None)
    return found


@dataclass(frozen=True, slots=True)
class _Checked:
    name: str
    role: Role
    places: tuple[str, ...]
    body: str


def _checked(typed: NewAccount) -> _Checked | tuple[Fault, ...]:
    name = account_name(typed.name)
    faults = [] if re.fullmatch(r"[\w.-]{2,40}", name) else [Fault("account", "shape" if name else "missing")]
    if typed.role not in set(Role):
        return (*faults, Fault("roles", "unknown"))
    role = Role(typed.role)
    asked = typed.jurisdictions or (("",) if role is Role.SUPERVISOR else ())
    places = [roles.jurisdiction(each) for each in asked]
    faults += [each for each in places if isinstance(each, Fault)]
    body = _body(typed.body) if typed.body or role is Role.SUPERVISOR else ""
    if faults or isinstance(body, Fault):
        return (*faults, body) if isinstance(body, Fault) else tuple(faults)
    return _Checked(name, role, tuple(each for each in places if isinstance(each, str)), body)


def _body(typed: str) -> str | Fault:
    """Return the name of a unit or organisation; never a person's number, since citizens and entries show it."""
    body = " ".join(typed.split())
    if not body:
        return Fault("body", "missing")
    plain = 2 <= len(body) <= 60 and body.isprintable() and not re.search(r"\d{5}", body)
    return body if plain else Fault("body", "shape")


def _unknown(context: ConsoleContext, conn: Transaction, operator: str, act: str) -> Fault:
    _note(context, conn, operator, act, None, "refused")
    return Fault("account", "unknown")


def _note(
    context: ConsoleContext,
    conn: Transaction,
    operator: str,
    act: str,
    account: Account | None,
    outcome: str = "succeeded",
) -> None:
    detail = {"act": act}
    if account is not None:
        detail |= {"account": account.id.hex(), "role": account.role}
    actor = operator_token(context.settings.pepper, operator)
    append(conn, context.pen, Draft("admin.staff", outcome, actor, None, None, detail))
