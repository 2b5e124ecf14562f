"""Signing in: two factors, one answer for every mistake, budgets that a stranger can not turn against a supervisor."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import time_machine
from sqlalchemy import select

from lookup.domain import roles
from lookup.ledger.entry import ACTION_NAMES, OUTCOME_NAMES
from lookup.services import manage_staff
from lookup.services.contexts import ConsoleContext
from lookup.services.manage_staff import Issued
from lookup.services.sign_in import Refused, SignedIn, Wait, sign_in
from lookup.services.staff_session import Staff, resume, sign_out
from lookup.storage.database import Database
from lookup.storage.staff_tables import staff_session
from lookup.storage.tables import audit_entry
from tests.support import accounts, contexts
from tests.support.accounts import ELSEWHERE, HOME, code, made, signed_in, typed

NOON = "2026-03-02T12:00:05+08:00"


@pytest.fixture
def context(database: Database) -> ConsoleContext:
    """A console on both databases."""
    return contexts.console(database)


def written(context: ConsoleContext) -> list[tuple[str, str, str]]:
    """Action, outcome and detail of every entry, in order."""
    query = select(audit_entry).order_by(audit_entry.c.writer, audit_entry.c.seq)
    with context.database.read() as conn:
        return [
            (ACTION_NAMES[r.action], OUTCOME_NAMES[r.outcome], r.detail or "") for r in conn.execute(query)
        ]


def test_both_factors_open_a_session(context: ConsoleContext) -> None:
    """Password and code together open a session of that account, and the entry names the account."""
    issued = made(context)
    _, who = signed_in(context, issued)
    assert (who.id, who.name, who.role, who.jurisdiction) == (
        issued.account.id,
        "lin.dudao",
        "supervisor",
        ("3699",),
    )
    action, outcome, detail = written(context)[-1]
    assert (action, outcome, json.loads(detail)["device"]) == ("console.signin", "succeeded", "unknown")


def test_a_password_may_be_typed_as_people_type(context: ConsoleContext) -> None:
    """Small letters, missing hyphens, spaces and a full-width code are the same password and code."""
    issued = made(context)
    loose = issued.factors.password.lower().replace("-", " ")
    wide = code(issued).translate({ord(str(n)): 0xFF10 + n for n in range(10)})
    assert isinstance(
        sign_in(context, typed(issued, name=" LIN.dudao", password=loose, code_=wide)), SignedIn
    )


def test_every_mistake_is_one_answer(context: ConsoleContext) -> None:
    """Unknown name, closed account, wrong password and wrong code can not be told apart by the answer."""
    issued, closed = made(context), made(context, "wang.fazhi")
    manage_staff.set_disabled(context, "tester", "wang.fazhi", True)
    answers = [
        sign_in(context, typed(issued, name="nobody")),
        sign_in(context, typed(closed)),
        sign_in(context, typed(issued, password="AAAA")),
        sign_in(context, typed(issued, code_="000000")),
    ]
    assert answers == [Refused()] * 4
    assert [each[:2] for each in written(context)[-4:]] == [("console.signin", "refused")] * 4


def test_a_code_works_once(context: ConsoleContext) -> None:
    """A code that opened a session opens no second one, nor does an older one; the next step's does."""
    with time_machine.travel(NOON, tick=False) as clock:
        issued = made(context)
        earlier, now = code(issued, -30), code(issued)
        assert isinstance(sign_in(context, typed(issued, code_=now)), SignedIn)
        assert sign_in(context, typed(issued, code_=now)) == Refused()
        assert sign_in(context, typed(issued, code_=earlier)) == Refused()
        clock.shift(30)
        assert isinstance(sign_in(context, typed(issued)), SignedIn)


def test_a_new_sign_in_ends_the_old_session(context: ConsoleContext) -> None:
    """An account has one session: the second sign-in closes the first."""
    with time_machine.travel(NOON, tick=False) as clock:
        issued = made(context)
        first, _ = signed_in(context, issued)
        clock.shift(30)
        second, _ = signed_in(context, issued)
        assert resume(context, first.session) is None
        assert resume(context, second.session) is not None


def test_a_session_ends_when_idle(context: ConsoleContext) -> None:
    """Fifteen minutes without a request end a session; each request begins them anew."""
    with time_machine.travel(NOON, tick=False) as clock:
        done, _ = signed_in(context, made(context))
        for _ in range(3):
            clock.shift(14 * 60)
            assert resume(context, done.session) is not None
        clock.shift(15 * 60)
        assert resume(context, done.session) is None


def test_a_session_ends_after_a_working_day(context: ConsoleContext) -> None:
    """Eight hours end a session however busy it is."""
    with time_machine.travel(NOON, tick=False) as clock:
        done, _ = signed_in(context, made(context))
        for _ in range(8 * 6 - 1):
            clock.shift(10 * 60)
            assert resume(context, done.session) is not None
        clock.shift(10 * 60)
        assert resume(context, done.session) is None


def test_signing_out_and_closing_end_a_session(context: ConsoleContext) -> None:
    """After sign-out, closing or a reset the cookie opens nothing."""
    ends: list[Callable[[Issued, Staff], object]] = [
        lambda issued, who: sign_out(context, who, HOME),
        lambda issued, who: manage_staff.set_disabled(context, "tester", issued.account.name, True),
        lambda issued, who: manage_staff.reset(context, "tester", issued.account.name),
    ]
    for number, end in enumerate(ends):
        issued = made(context, f"account{number}")
        done, who = signed_in(context, issued)
        end(issued, who)
        assert resume(context, done.session) is None


def test_the_database_opens_nothing(context: ConsoleContext) -> None:
    """Neither the session id nor password nor TOTP secret lies in the database."""
    issued = made(context)
    done, _ = signed_in(context, issued)
    with context.database.read() as conn:
        rows = repr(conn.execute(select(staff_session)).all()) + repr(
            manage_staff.accounts(context, "tester")
        )
    for secret in (done.session, issued.factors.password, issued.factors.totp):
        assert secret not in rows


@pytest.mark.budgets
def test_forty_parallel_guesses_pass_no_budget(context: ConsoleContext) -> None:
    """Of forty parallel wrong passwords from one network five are checked; the known device still gets in."""
    issued = made(context)
    with time_machine.travel(NOON, tick=False) as clock:
        known, _ = signed_in(context, issued)
        clock.shift(30)
        guesses = [typed(issued, password=f"GUESS{n}", address=ELSEWHERE) for n in range(40)]
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda each: sign_in(context, each), guesses))
        assert sum(isinstance(each, Refused) for each in answers) == roles.ORIGIN.amount
        assert sum(isinstance(each, Wait) for each in answers) == 40 - roles.ORIGIN.amount
        again = sign_in(context, typed(issued, device=known.device, address=ELSEWHERE))
        assert isinstance(again, SignedIn)


@pytest.mark.budgets
def test_a_stranger_everywhere_makes_nobody_wait_who_is_known(context: ConsoleContext) -> None:
    """When strangers of many networks have spent all they share, only unknown devices wait."""
    issued = made(context)
    with time_machine.travel(NOON, tick=False) as clock:
        known, _ = signed_in(context, issued)
        clock.shift(30)
        for n in range(roles.STRANGERS.amount):
            sign_in(context, typed(issued, password="AAAA", address=f"198.18.{n}.1"))
        assert isinstance(sign_in(context, typed(issued)), Wait)
        assert isinstance(sign_in(context, typed(issued, device=known.device)), SignedIn)


@pytest.mark.budgets
def test_waiting_opens_the_door_once(context: ConsoleContext) -> None:
    """Beyond the budget a wait ticket, ripe after its seconds, allows one try from there, and no second."""
    issued = made(context)
    with time_machine.travel(NOON, tick=False) as clock:
        for _ in range(roles.ORIGIN.amount):
            assert sign_in(context, typed(issued, password="AAAA")) == Refused()
        wait = sign_in(context, typed(issued))
        assert isinstance(wait, Wait)
        assert isinstance(sign_in(context, typed(issued, ticket=wait.ticket)), Wait)
        clock.shift(wait.seconds)
        elsewhere = sign_in(context, typed(issued, ticket=wait.ticket, address=ELSEWHERE, password="AAAA"))
        assert elsewhere == Refused()
        assert isinstance(sign_in(context, typed(issued, ticket=wait.ticket)), SignedIn)
        clock.shift(30)
        assert isinstance(sign_in(context, typed(issued, ticket=wait.ticket)), Wait)


def test_a_success_costs_nothing(context: ConsoleContext) -> None:
    """Signing in rightly again and again is never limited."""
    issued = made(context)
    with time_machine.travel(NOON, tick=False) as clock:
        for _ in range(roles.ORIGIN.amount + 2):
            assert isinstance(sign_in(context, typed(issued)), SignedIn)
            clock.shift(30)


@pytest.mark.budgets
def test_codes_can_not_be_guessed_with_a_stolen_password(context: ConsoleContext) -> None:
    """Whoever has the password may guess five codes in half an hour from everywhere; then the right one fails too."""
    issued = made(context)
    with time_machine.travel(NOON, tick=False) as clock:
        known, _ = signed_in(context, issued)
        clock.shift(30)
        for n in range(roles.CODE.amount):
            assert sign_in(context, typed(issued, code_="000000", address=f"198.18.{n}.1")) == Refused()
        assert sign_in(context, typed(issued, address="198.18.99.1")) == Refused()
        clock.shift(30)
        assert isinstance(sign_in(context, typed(issued, device=known.device)), SignedIn)


def test_a_known_device_is_known_for_its_account_only(context: ConsoleContext) -> None:
    """A mark opens no lane for another account, after a reset, or when it was made up."""
    issued, other = made(context), made(context, "wang.fazhi")
    known, _ = signed_in(context, issued)
    again = manage_staff.reset(context, "tester", issued.account.name)
    assert isinstance(again, Issued)
    for mark, who in ((known.device, other), (known.device, again), ("made.up", other)):
        sign_in(context, typed(who, password="AAAA", device=mark))
        assert json.loads(written(context)[-1][2])["device"] == "unknown"


def test_entries_hold_no_name(context: ConsoleContext) -> None:
    """No entry of a sign-in holds the name, the password or the code that was typed."""
    issued = made(context)
    sign_in(context, typed(issued, name="somebody.else", password="SECRETWORD"))
    accounts.signed_in(context, issued)
    text = json.dumps(written(context))
    for secret in ("somebody", "lin.dudao", "SECRETWORD", issued.factors.password):
        assert secret not in text
