"""Console accounts for tests, and what their holders type."""

from __future__ import annotations

import time

import pyotp

from lookup.services import manage_staff
from lookup.services.contexts import ConsoleContext
from lookup.services.manage_staff import Issued, NewAccount
from lookup.services.sign_in import Credentials, SignedIn, sign_in
from lookup.services.staff_session import Staff, resume

BODY = "云溪市公安局督察支队"
HOME, ELSEWHERE = "203.0.113.7", "198.51.100.9"


def made(
    context: ConsoleContext,
    name: str = "lin.dudao",
    role: str = "supervisor",
    jurisdiction: tuple[str, ...] = ("3699",),
) -> Issued:
    """A fresh account."""
    issued = manage_staff.create(context, "tester", NewAccount(name, role, jurisdiction, BODY))
    assert isinstance(issued, Issued)
    return issued


def code(issued: Issued, later: int = 0) -> str:
    """The authenticator's code, `later` seconds from now."""
    return pyotp.TOTP(issued.factors.totp).at(int(time.time()) + later)


def typed(
    issued: Issued,
    *,
    name: str | None = None,
    password: str | None = None,
    code_: str | None = None,
    device: str | None = None,
    ticket: str | None = None,
    address: str = HOME,
) -> Credentials:
    """What the account's holder types, or something else where given."""
    return Credentials(
        issued.account.name if name is None else name,
        issued.factors.password if password is None else password,
        code(issued) if code_ is None else code_,
        device,
        ticket,
        address,
    )


def signed_in(context: ConsoleContext, issued: Issued) -> tuple[SignedIn, Staff]:
    """The account signed in, and who it is."""
    done = sign_in(context, typed(issued))
    assert isinstance(done, SignedIn)
    who = resume(context, done.session)
    assert who is not None
    return done, who
