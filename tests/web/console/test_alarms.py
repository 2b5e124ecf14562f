"""Ledger alarms on the console: told in plain words to the audit administrator, who alone may answer for one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from lookup.ledger.lane import AlarmKind
from lookup.services.alarms import acknowledge
from lookup.services.manage_staff import Issued
from lookup.storage.database import Database, open_database
from lookup.web.console.alarm_words import checks
from tests.services.test_alarms import TESTER, alarmed, forgotten, integrate
from tests.services.test_integrate import details, unlocked
from tests.support import accounts, contexts
from tests.support.console_pages import signed_in, token

FILE = "沪公督〔2026〕7号"
Room = Callable[..., "Desk"]


@dataclass
class Desk:
    """A browser in which an account is signed in, at a console that has only the rights of its own role."""

    database: Database
    issued: Issued
    browser: FlaskClient

    def page(self, path: str = "/alarms") -> str:
        """The text of a page, without its tags."""
        response = self.browser.get(path)
        assert response.status_code == 200
        return plain(response)

    def answer(self, lane: int, reason: str = "drill", decision: str = FILE, seen: str = "2") -> TestResponse:
        """Send the form of one alarm."""
        form = {"reason": reason, "decision": decision, "seen": seen}
        return self.browser.post(
            f"/alarms/{lane}", data=form | {"csrf_token": token(self.browser, "/account")}
        )


def plain(response: TestResponse) -> str:
    """A page's text without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.get_data(as_text=True)))


@pytest.fixture
def room(database: Database, migrated_url: str) -> Iterator[Room]:
    """Makes an account of a role, signed in."""
    console = open_database(migrated_url, role="lookup_console")

    def made(role: str = "audit_administrator") -> Desk:
        issued = accounts.made(contexts.console(database), "shen.ji", role)
        return Desk(database, issued, signed_in(contexts.console(console), issued))

    yield made
    console.close()


def answered(database: Database, room: Room) -> tuple[int, Desk]:
    """A lane with an alarm that was answered for, the answer in the tree, and the desk where that was done."""
    lane, desk = alarmed(database), room()
    desk.answer(lane)
    integrate(database)
    return lane, desk


def test_no_alarm_is_told_as_such_with_what_that_means(room: Room) -> None:
    """An empty page says what it shows and what it does not; the first page has no banner."""
    desk = room()
    page = desk.page()
    assert "账本没有告警。" in page
    assert "入账以后有没有被改，要用 lookup verify 核验" in page
    assert "告警还没有人确认" not in desk.page("/entries")


def test_an_alarm_is_told_until_somebody_answers_for_it(database: Database, room: Room) -> None:
    """What, when, what it means and what to do; then who answered, for what reason, by which file and entry."""
    lane = alarmed(database)
    desk = room()
    assert "账本有 1 条告警还没有人确认。" in desk.page("/entries")
    page = desk.page()
    name, meaning = checks()["mac"]
    for told in (f"通道 {lane}：{name}", meaning, "待确认", "第 2 号不对", "2 条条目", "lookup verify db"):
        assert told in page
    told = plain(desk.answer(lane))
    place = re.search(r"确认已写入条目 ([0-9]+-[0-9]+)。", told)
    assert place is not None
    assert "待确认" in told
    integrate(database)
    page = desk.page()
    for told in ("已确认", "确认人 shen.ji", "有意触发，属于演练", FILE, place.group(1)):
        assert told in page
    assert "告警还没有人确认" not in desk.page("/entries")
    entry = desk.page(f"/entries/{place.group(1)}")
    assert f"文号 {FILE}" in entry
    assert "shen.ji" in entry


def test_an_answer_is_an_entry_of_who_is_signed_in(database: Database, room: Room) -> None:
    """The actor is the account, and no network stands in what is never erased."""
    lane = alarmed(database)
    desk = room()
    desk.answer(lane)
    with database.read() as conn:
        rows = conn.execute(text("SELECT actor, net, outcome FROM audit_entry WHERE action = 93")).all()
    assert [(bytes(row.actor), row.net, row.outcome) for row in rows] == [(desk.issued.account.id, None, 9)]


def test_newest_first_and_an_operator_by_the_command_line(database: Database, room: Room) -> None:
    """Later alarms stand above earlier ones; who answered at a shell is called so."""
    first, second = alarmed(database), alarmed(database)
    assert isinstance(acknowledge(contexts.console(database), TESTER, first, "fault", FILE), str)
    integrate(database)
    page = room().page()
    assert page.index(f"通道 {second}：") < page.index(f"通道 {first}：")
    assert "确认人 命令行操作员" in page


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"reason": ""}, "还没有选择原因"),
        ({"decision": ""}, "还没有填写文号"),
        ({"decision": "<b>"}, "文号应为 4 到 40 个字"),
        ({"seen": "1"}, "这条告警后面的条目数变了"),
        ({"seen": "２"}, "这条告警后面的条目数变了"),
    ],
)
def test_a_poor_answer_is_refused_and_said_so(
    database: Database, room: Room, changes: dict[str, str], told: str
) -> None:
    """A reason, a file and what was really shown are demanded; nothing is acknowledged without them."""
    lane = alarmed(database)
    response = room().answer(lane, **changes)
    assert response.status_code == 422
    assert told in plain(response)
    assert details(database, 93) == []


def test_a_lane_without_alarm_has_no_answer(database: Database, room: Room) -> None:
    """The page is not found, and there is no entry of an answer."""
    alarmed(database)
    assert room().answer(99).status_code == 404
    assert details(database, 93) == []


def test_an_alarm_that_was_deleted_is_told_and_can_not_be_answered_for(
    database: Database, room: Room
) -> None:
    """Whoever deletes the row makes it worse: the entry told with it stands in the tree."""
    lane, desk = answered(database, room)
    forgotten(database)
    page = desk.page()
    assert f"通道 {lane} 的告警被人从数据库里删掉了" in page
    assert "确认这条告警" not in page
    assert desk.answer(lane).status_code == 404
    assert "账本有 1 条告警还没有人确认。" in desk.page("/entries")


def test_an_answer_for_less_than_stands_there_is_said_to_hold_no_longer(
    database: Database, room: Room
) -> None:
    """When entries behind the alarm go afterwards, it is open again, and the page says why."""
    lane, desk = answered(database, room)
    unlocked(
        database,
        f"DELETE FROM audit_entry WHERE writer = {lane} AND seq = 3",  # noqa: S608 - number
    )
    page = desk.page()
    assert "确认时账外有 2 条，现在是 1 条" in page
    assert "待确认" in page


@pytest.mark.parametrize("role", ["supervisor", "system_administrator", "security_administrator"])
def test_nobody_else_sees_or_answers_for_an_alarm(database: Database, room: Room, role: str) -> None:
    """Not who looks at reports, nor who runs the service or gives power to accounts; the attempt is an entry."""
    lane = alarmed(database)
    desk = room(role)
    assert desk.browser.get("/alarms").status_code == 403
    assert desk.answer(lane).status_code == 403
    assert details(database, 93) == []
    assert details(database, 43) == ['{"right":"answer_alarms"}'] * 2
    assert "告警" not in desk.page("/account")


def test_a_foreign_form_and_a_stranger_are_turned_away(database: Database, room: Room) -> None:
    """Without this site's token nothing is acknowledged; without a session the way leads to the sign-in page."""
    lane = alarmed(database)
    desk = room()
    form = {"reason": "drill", "decision": FILE, "seen": "2"}
    assert desk.browser.post(f"/alarms/{lane}", data=form).status_code == 400
    stranger = desk.browser.application.test_client()
    assert stranger.get("/alarms").location == "/sign-in?to=/alarms"
    assert details(database, 93) == []


def test_every_look_is_an_entry(database: Database, room: Room) -> None:
    """The list, and the page that is shown after an answer."""
    lane = alarmed(database)
    desk = room()
    desk.page()
    desk.answer(lane)
    assert details(database, 43) == ['{"page":"alarms"}'] * 2


def test_every_check_has_its_words() -> None:
    """A lane is never shut by a check that the page can not explain."""
    assert set(checks()) == set(AlarmKind)
