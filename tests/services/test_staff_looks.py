"""What staff does about one report names the report and the body, and the citizen is told of it, at once or later."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

import pytest
import time_machine
from sqlalchemy import select

from lookup.domain.covert import Declaration
from lookup.domain.roles import Role
from lookup.ledger.entry import ACTION_NAMES
from lookup.services import manage_staff
from lookup.services.contexts import CitizenContext, ConsoleContext
from lookup.services.list_accesses import Accesses, list_accesses
from lookup.services.list_entries import Filter, list_entries
from lookup.services.passes import Pass
from lookup.services.show_entry import show_entry
from lookup.services.staff_looks import declare, note_refused
from lookup.services.staff_session import Staff, resume
from lookup.storage import incidents
from lookup.storage.database import Database
from lookup.storage.lanes import now_us
from lookup.storage.tables import audit_entry
from tests.support import contexts
from tests.support.accounts import BODY, HOME, made, signed_in
from tests.support.reports import NUMBER, push_story

DAY_US = 86_400_000_000
MADE = Declaration("supervision", "云公（督）字〔2026〕3号", 30)


@dataclass
class Desk:
    """A supervisor who may look covertly, and a pushed report."""

    console: ConsoleContext
    citizen: CitizenContext
    who: Staff
    session: str
    report: bytes

    def look(self) -> None:
        """A look at the entries of the report."""
        list_entries(self.console, self.who, Filter(report=self.report), HOME)

    def told(self) -> Accesses:
        """What the citizen is told now."""
        listed = list_accesses(self.citizen, Pass(b"p" * 16, self.report, 1, "T1", now_us()), HOME)
        assert isinstance(listed, Accesses)
        return listed

    def staff_looks(self) -> list[tuple[str, str, str, bool]]:
        """Looks by staff that the citizen is told of."""
        return [
            (look.role, look.body, look.action, look.delayed)
            for look in self.told().looks
            if look.role in ("staff", "administrator")
        ]


@pytest.fixture
def desk(database: Database) -> Desk:
    """A desk on both databases."""
    console = contexts.console(database)
    push_story(contexts.push(database))
    issued = made(console)
    manage_staff.set_covert(console, "tester", issued.account.name, True)
    done, who = signed_in(console, issued)
    with database.read() as conn:
        row = incidents.by_number(conn, NUMBER)
    assert row is not None
    return Desk(console, contexts.citizen(database), who, done.session, row.token)


def test_looks_at_one_report_are_told_with_the_body(desk: Desk) -> None:
    """The list narrowed to a report and one entry of it name the report; a list of everything is about none."""
    desk.look()
    list_entries(desk.console, desk.who, Filter(), HOME)
    assert show_entry(desk.console, desk.who, (1, 1), HOME) is not None
    assert show_entry(desk.console, desk.who, (999, 1), HOME) is None
    assert desk.staff_looks() == [
        ("staff", BODY, "console.view", False),
        ("staff", BODY, "console.entries", False),
    ]
    auditor = replace(desk.who, role=Role.AUDIT_ADMINISTRATOR, body="")
    list_entries(desk.console, auditor, Filter(report=desk.report), HOME)
    assert desk.staff_looks()[0] == ("administrator", "", "console.entries", False)


def test_a_declaration_delays_what_follows_and_then_all_is_told(desk: Desk) -> None:
    """Looks before it are shown; it and the looks after it are counted, and all are shown when it ends."""
    desk.look()
    declare(desk.console, desk.who, desk.report, MADE, HOME)
    desk.look()
    note_refused(desk.console, desk.who, desk.report, HOME)
    assert show_entry(desk.console, desk.who, (1, 1), HOME) is not None
    assert list_entries(desk.console, desk.who, Filter(report=desk.report), HOME).release is not None
    assert (len(desk.staff_looks()), desk.told().withheld) == (1, 5)
    with time_machine.travel(now_us() / 1e6 + 29.9 * 86_400):
        assert desk.told().withheld == 5
    with time_machine.travel(now_us() / 1e6 + 30.1 * 86_400):
        assert desk.told().withheld == 0
        desk.look()
        looks = desk.staff_looks()
    assert [delayed for *_, delayed in looks] == [False, True, True, True, True, True, False]
    assert looks[5] == ("staff", BODY, "console.covert", True)


def test_only_who_was_allowed_looks_covertly(desk: Desk) -> None:
    """Another account's looks are told at once, and so are this one's after it was forbidden."""
    declare(desk.console, desk.who, desk.report, MADE, HOME)
    other = replace(desk.who, id=b"o" * 16)
    list_entries(desk.console, other, Filter(report=desk.report), HOME)
    assert len(desk.staff_looks()) == 1
    manage_staff.set_covert(desk.console, "tester", desk.who.name, False)
    now = resume(desk.console, desk.session)
    assert now is not None
    list_entries(desk.console, now, Filter(report=desk.report), HOME)
    assert (len(desk.staff_looks()), desk.told().withheld) == (2, 1)


def test_the_declaration_is_an_entry_of_its_own(desk: Desk) -> None:
    """Reason, decision, release and body stand in its restricted part, the report beside it."""
    declare(desk.console, desk.who, desk.report, MADE, HOME)
    with desk.console.database.read() as conn:
        rows = conn.execute(select(audit_entry)).all()
    row = next(row for row in rows if ACTION_NAMES[row.action] == "console.covert")
    told = json.loads(row.detail)
    assert (row.actor, row.report, told["reason"], told["approval"]) == (
        desk.who.id,
        desk.report,
        "supervision",
        MADE.approval,
    )
    assert (told["covert"], told["body"], told["release"] - row.ts < 30 * DAY_US + 1_000_000) == (
        1,
        BODY,
        True,
    )
