"""Accounts: one role for ever, one name for ever, every act an entry."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from lookup.domain.faults import Fault
from lookup.domain.roles import Role
from lookup.ledger.entry import ACTION_NAMES, OUTCOME_NAMES
from lookup.services import manage_staff
from lookup.services.contexts import ConsoleContext
from lookup.services.manage_staff import Issued, NewAccount
from lookup.storage.database import Database
from lookup.storage.tables import audit_entry
from tests.support import contexts
from tests.support.accounts import BODY, made


@pytest.fixture
def context(database: Database) -> ConsoleContext:
    """A console on both databases."""
    return contexts.console(database)


def acts(context: ConsoleContext) -> list[tuple[str, str, str]]:
    """Act, outcome and action of every entry."""
    query = select(audit_entry).order_by(audit_entry.c.writer, audit_entry.c.seq)
    with context.database.read() as conn:
        rows = conn.execute(query).all()
    return [(json.loads(r.detail)["act"], OUTCOME_NAMES[r.outcome], ACTION_NAMES[r.action]) for r in rows]


def test_every_act_is_an_entry(context: ConsoleContext) -> None:
    """Adding, listing, closing, resetting, naming the body and allowing covert looks leave one entry each."""
    made(context)
    manage_staff.accounts(context, "tester")
    manage_staff.set_disabled(context, "tester", "lin.dudao", True)
    manage_staff.set_disabled(context, "tester", "lin.dudao", False)
    manage_staff.reset(context, "tester", "lin.dudao")
    manage_staff.set_body(context, "tester", "lin.dudao", "云溪市公安局法制支队")
    manage_staff.set_covert(context, "tester", "lin.dudao", True)
    manage_staff.set_covert(context, "tester", "lin.dudao", False)
    manage_staff.reset(context, "tester", "nobody")
    names = ["add", "list", "disable", "enable", "reset", "body", "covert", "overt", "reset"]
    outcomes = ["succeeded"] * 8 + ["refused"]
    assert acts(context) == [(n, o, "admin.staff") for n, o in zip(names, outcomes, strict=True)]


def test_the_three_administrators_are_three_accounts(context: ConsoleContext) -> None:
    """A name that had one administrator's role never gets another, closed or not; three names do."""
    for role in ("system_administrator", "security_administrator", "audit_administrator"):
        assert isinstance(manage_staff.create(context, "tester", NewAccount(role, role)), Issued)
    manage_staff.set_disabled(context, "tester", "system_administrator", True)
    again = manage_staff.create(
        context, "tester", NewAccount("System_Administrator", Role.AUDIT_ADMINISTRATOR)
    )
    assert not isinstance(again, Issued)
    assert [fault.code for fault in again] == ["taken"]


@pytest.mark.parametrize(
    ("typed", "faults"),
    [
        (NewAccount("", "supervisor", ("3699",), BODY), [("account", "missing")]),
        (NewAccount("a b", "supervisor", ("3699",), BODY), [("account", "shape")]),
        (NewAccount("lin", "chief", ("3699",), BODY), [("roles", "unknown")]),
        (NewAccount("lin", "supervisor"), [("jurisdiction", "missing"), ("body", "missing")]),
        (NewAccount("lin", "supervisor", ("3699",), "电话19900001234"), [("body", "shape")]),
        (NewAccount("x", "supervisor", ("369",), BODY), [("account", "shape"), ("jurisdiction", "shape")]),
    ],
)
def test_wrong_accounts_are_explained(
    context: ConsoleContext, typed: NewAccount, faults: list[tuple[str, str]]
) -> None:
    """A wrong name, role or jurisdiction is named, each in both languages, and nothing is made."""
    answer = manage_staff.create(context, "tester", typed)
    assert not isinstance(answer, Issued)
    assert [(each.field, each.code) for each in answer] == faults
    assert all(each.text() and each.text("en") for each in answer)
    assert manage_staff.accounts(context, "tester") == []


def test_a_jurisdiction_is_kept_as_its_prefix(context: ConsoleContext) -> None:
    """A unit code ending in zeros covers all below it."""
    answer = manage_staff.create(
        context, "tester", NewAccount("lin", "supervisor", ("369900000000", "3698"), BODY)
    )
    assert isinstance(answer, Issued)
    assert answer.account.jurisdiction == "3699 3698"


def test_only_a_supervisor_can_be_allowed_to_look_covertly(context: ConsoleContext) -> None:
    """An administrator sees no report and so has nothing to hide; refusals are entries."""
    made(context, "shen.ji", "audit_administrator")
    refused = manage_staff.set_covert(context, "tester", "shen.ji", True)
    assert refused == Fault("covert", "role")
    assert manage_staff.set_covert(context, "tester", "nobody", True) == Fault("account", "unknown")
    assert manage_staff.set_body(context, "tester", "nobody", BODY) == Fault("account", "unknown")
    assert manage_staff.set_body(context, "tester", "shen.ji", " ") == Fault("body", "missing")
    assert acts(context)[1:] == [(act, "refused", "admin.staff") for act in ("covert", "covert", "body")]
