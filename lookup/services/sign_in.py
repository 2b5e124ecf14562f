"""Signing in to the console: password and one-time code, counted before they are checked, recorded before the answer.

An unknown or closed account, a wrong password and a wrong, used or too often guessed code are one answer. A stranger
can make another unknown device wait, never a known one, and nobody is ever locked.
"""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from dataclasses import dataclass

from lookup.domain import budget
from lookup.domain.budget import Attempt, Lane, Reservation, network_prefix
from lookup.domain.roles import code_plan, sign_in_plan
from lookup.services.actors import staff_name_token, stranger_token
from lookup.services.contexts import ConsoleContext
from lookup.services.factors import matching_step, password_is_right
from lookup.services.known_devices import mark, read_mark
from lookup.services.wait_tickets import read_ticket, write_ticket
from lookup.storage import spending, staff
from lookup.storage.database import Transaction
from lookup.storage.lanes import Draft, append, now_us
from lookup.storage.staff import Account

IDLE_SECONDS, ABSOLUTE_SECONDS = 15 * 60, 8 * 3600
_LEDGER_BITS = 48


@dataclass(frozen=True, slots=True)
class Credentials:
    """What somebody typed; `device` is the mark in the browser, `ticket` a wait ticket handed back."""

    name: str
    password: str
    code: str
    device: str | None
    ticket: str | None
    address: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session was begun; `session` is its secret id for the cookie, `device` the mark for this browser."""

    session: str
    device: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Something did not match; nobody is told what."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Too many tries from here. `ticket` allows one more after `seconds`."""

    ticket: str
    seconds: int


def account_name(text: str) -> str:
    """Return the normal form of an account's name: NFKC, lower case, no surrounding space."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def session_digest(session: str) -> bytes:
    """Return what is stored of a session's secret id."""
    return hashlib.sha256(session.encode()).digest()


def sign_in(context: ConsoleContext, typed: Credentials) -> SignedIn | Refused | Wait:
    """Count, check and record one attempt. The slow hash is computed between two short transactions."""
    return _SignIn(context, typed).run()


class _SignIn:
    def __init__(self, context: ConsoleContext, typed: Credentials) -> None:
        self.context, self.typed, self.now = context, typed, now_us()
        self.name = account_name(typed.name)
        self.token = staff_name_token(context.settings.pepper, self.name)
        self.net = network_prefix(typed.address, _LEDGER_BITS)
        self.planned: list[Reservation] = []
        self.device: str | None = None

    def run(self) -> SignedIn | Refused | Wait:
        with self.context.database.write() as conn:
            account = self._find(conn)
            if not self._may_try(conn):
                return self._wait(conn)
        known = password_is_right(account, self.typed.password)
        step = matching_step(self.context.settings.seal_key, account, self.typed.code, self.now)
        with self.context.database.write() as conn:
            codes = code_plan(self.token.hex(), self.device, known, self.now)
            allowed = spending.take(conn, codes) is None
            fresh = staff.use_step(conn, account.id if account and known else b"", step or 0)
            if account is None or not (known and allowed and fresh):
                self._write(conn, "refused", stranger_token(self.context.settings.pepper, self.net))
                return Refused()
            spending.restore(conn, [*self.planned, *codes])
            return self._begin(conn, account)

    def _find(self, conn: Transaction) -> Account | None:
        account = staff.by_name(conn, self.name)
        account = None if account is None or account.disabled else account
        self.device = read_mark(self.context.settings.session_keys, account, self.typed.device)
        return account

    def _may_try(self, conn: Transaction) -> bool:
        """Reserve the budgets of this attempt's lane: a ripe wait ticket, a known device, or neither."""
        keys, network = self.context.settings.session_keys, network_prefix(self.typed.address)
        self.attempt = Attempt(self.token, network, False, read_ticket(keys, self.typed.ticket))
        if budget.lane(self.attempt, self.now) is Lane.WAITED:
            self.planned = list(budget.plan(self.attempt, self.now))
        else:
            self.planned = list(sign_in_plan(self.token.hex(), network, self.device, self.now))
        return spending.take(conn, self.planned) is None

    def _wait(self, conn: Transaction) -> Wait:
        ticket = budget.ticket_for(self.attempt, secrets.token_urlsafe(12), self.now)
        if spending.notable(conn, self.net, self.now):
            self._write(conn, "limited", stranger_token(self.context.settings.pepper, self.net))
        return Wait(write_ticket(self.context.settings.session_keys, ticket), budget.WAIT_SECONDS)

    def _begin(self, conn: Transaction, account: Account) -> SignedIn:
        session = secrets.token_urlsafe(32)
        expires = self.now + ABSOLUTE_SECONDS * 1_000_000
        staff.start_session(conn, session_digest(session), account.id, self.now, expires)
        self._write(conn, "succeeded", account.id)
        known = self.typed.device if self.device is not None else None
        return SignedIn(session, known or mark(self.context.settings.session_keys, account))

    def _write(self, conn: Transaction, outcome: str, actor: bytes) -> None:
        detail = {"account": self.token.hex(), "device": "known" if self.device else "unknown"}
        append(conn, self.context.pen, Draft("console.signin", outcome, actor, None, self.net, detail))
