"""The console: sign in with two factors, search the ledger, and leave an entry for every look."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from lookup.domain.reference import report_token
from lookup.services import manage_staff
from lookup.services.actors import citizen_token
from lookup.services.manage_staff import Issued
from lookup.storage.database import Database
from lookup.storage.lanes import Draft, append
from lookup.web.console import create_app
from tests.support import accounts, contexts
from tests.support.console_pages import local, sign_in, token
from tests.support.reports import NUMBER, push_story

PASSWORDS = 40


@dataclass
class Console:
    """A running console with one supervisor."""

    app: Flask
    database: Database
    issued: Issued

    def browser(self, address: str = accounts.HOME) -> FlaskClient:
        """A fresh browser at an address."""
        client = self.app.test_client()
        client.environ_base["REMOTE_ADDR"] = address
        return client

    def sign_in(self, browser: FlaskClient, **changes: str) -> TestResponse:
        """Fill in and send the sign-in form."""
        return sign_in(browser, self.issued, **changes)

    def signed_in(self) -> FlaskClient:
        """A browser with a session."""
        browser = self.browser()
        assert self.sign_in(browser).status_code == 303
        return browser

    def outcomes(self, action: int) -> list[int]:
        """The outcomes of the entries of one action, in order."""
        query = text("SELECT outcome FROM audit_entry WHERE action = :action ORDER BY writer, seq")
        with self.database.read() as conn:
            return list(conn.execute(query, {"action": action}).scalars())


@pytest.fixture
def console(database: Database) -> Console:
    """One supervisor, and a pushed report to look for."""
    context = contexts.console(database)
    push_story(contexts.push(database))
    return Console(create_app(local(context)), database, accounts.made(context))


def test_two_factors_open_the_list_of_entries(console: Console) -> None:
    """Name, password and code lead to the entries, newest first, with what they mean in words."""
    page = console.signed_in().get("/entries").get_data(as_text=True)
    assert "审计记录" in page
    assert page.index("查看") < page.index("推送")
    assert NUMBER not in page


def test_every_mistake_at_sign_in_is_the_same_answer(console: Console) -> None:
    """Unknown name, wrong password and wrong code: the same status and the same words."""
    pages = set()
    for wrong in ({"name": "nobody.here"}, {"password": "wrong-wrong"}, {"code": "000000"}):
        response = console.sign_in(console.browser(), **wrong)
        body = re.sub(r'value="[^"]+"', "", response.get_data(as_text=True))
        pages.add((response.status_code, body))
    assert len(pages) == 1
    assert console.outcomes(40) == [2, 2, 2]


def test_a_holder_who_signs_out_is_no_stranger(console: Console, database: Database) -> None:
    """Whoever proved a reference is named a holder in every entry, the end of the look included."""
    token = report_token(contexts.key(5), NUMBER)
    holder = citizen_token(contexts.key(5), token, "T1")
    with database.write() as conn:
        append(conn, contexts.PEN, Draft("lookup.signout", "succeeded", holder, token))
    row = console.signed_in().get("/entries?action=lookup.signout").get_data(as_text=True)
    assert ">持凭证者</a>" in row
    assert ">未证明身份者</a>" not in row


def test_a_code_works_once(console: Console) -> None:
    """A one-time code that was used is refused for the rest of its life."""
    with time_machine.travel(time.time(), tick=False):
        assert console.sign_in(console.browser()).status_code == 303
        assert console.sign_in(console.browser()).status_code == 403


def test_a_new_sign_in_ends_the_old_session(console: Console) -> None:
    """One session an account: signing in elsewhere ends the first."""
    first = console.signed_in()
    with time_machine.travel(time.time() + 31):
        second = console.browser()
        assert console.sign_in(second, code=accounts.code(console.issued)).status_code == 303
        assert first.get("/entries").status_code == 303
        assert second.get("/entries").status_code == 200


def test_a_session_ends_when_idle_and_at_sign_out(console: Console) -> None:
    """Fifteen idle minutes or a sign-out end it, and the next page asks to sign in."""
    browser = console.signed_in()
    with time_machine.travel(time.time() + 16 * 60):
        assert browser.get("/entries").headers["Location"].startswith("/sign-in")
    with time_machine.travel(time.time() + 3600):
        browser = console.signed_in()
        browser.post("/sign-out", data={"csrf_token": token(browser, "/entries")})
        assert browser.get("/entries").status_code == 303


@pytest.mark.parametrize("path", ["/", "/entries", "/account", "/entries/1-1", "/covert"])
def test_without_a_session_nothing_is_shown(console: Console, path: str) -> None:
    """Every page of the console leads to the sign-in."""
    response = console.browser().get(path)
    assert response.status_code == 303
    assert response.headers["Location"].startswith("/sign-in")


def test_a_form_without_its_token_is_refused(console: Console) -> None:
    """A POST that this site's own page did not make changes nothing."""
    response = console.browser().post("/sign-in", data={"name": "x", "password": "y", "code": "1"})
    assert response.status_code == 400
    assert console.outcomes(40) == []


def test_looking_is_itself_an_entry(console: Console) -> None:
    """The list, a filtered list and one entry each leave an entry."""
    browser = console.signed_in()
    for path in ("/entries", "/entries?outcome=accepted", "/entries/1-1"):
        assert browser.get(path).status_code == 200
    assert len(console.outcomes(42)) == 2
    assert len(console.outcomes(43)) == 1


def test_filters_narrow_the_list(console: Console) -> None:
    """By outcome and action; an impossible value is explained and not guessed."""
    browser = console.signed_in()
    page = browser.get("/entries?action=push.event&outcome=accepted").get_data(as_text=True)
    assert page.count('class="entry accepted"') == 7
    assert browser.get("/entries?outcome=withheld").get_data(as_text=True).count('class="entry') == 0
    assert browser.get("/entries?since=yesterday").status_code == 422


def test_pages_follow_one_another_by_key(database: Database, console: Console) -> None:
    """Going to older pages meets every entry once."""
    context = contexts.push(database)
    for number in range(12):
        push_story(context, f"369902260302091600{number:02}")
    browser, path, seen = console.signed_in(), "/entries?action=push.event", []
    while path:
        page = browser.get(path).get_data(as_text=True)
        seen += re.findall(r'href="/entries/(\d+-\d+)"', page)
        found = re.search(r'rel="next" href="([^"]+)"', page)
        path = found.group(1).replace("&amp;", "&") if found else ""
    assert len(seen) == len(set(seen)) == 13 * 7


def test_a_report_is_found_by_its_number_which_never_stands_in_an_address(console: Console) -> None:
    """The number goes in a form, the address has only the token."""
    browser = console.signed_in()
    response = browser.post(
        "/entries/report", data={"number": NUMBER, "csrf_token": token(browser, "/entries")}
    )
    assert response.status_code == 303
    assert NUMBER not in response.headers["Location"]
    page = browser.get(response.headers["Location"]).get_data(as_text=True)
    assert page.count('class="entry accepted"') == 7


def test_a_refused_look_names_the_missing_right_in_words(console: Console) -> None:
    """The list of entries says what the account may not do as its own page would, not by a code."""
    browser = console.signed_in()
    assert browser.get("/alarms").status_code == 403
    page = browser.get("/entries?outcome=refused").get_data(as_text=True)
    assert "<small>所需权限</small> 查看和确认账本告警" in page
    page = browser.get("/entries?outcome=refused&lang=en").get_data(as_text=True)
    assert 'title="See the ledger&#39;s alarms and answer for them"><small>Right</small>' in page
    assert "answer_alarms" not in page


@pytest.mark.parametrize("role", ["system_administrator", "security_administrator"])
def test_roles_without_the_right_do_not_see_the_ledger(console: Console, role: str) -> None:
    """An administrator of another kind gets 403, and the attempt is an entry."""
    context = contexts.console(console.database)
    console.issued = accounts.made(context, f"admin.{role[:3]}", role)
    browser = console.signed_in()
    assert browser.get("/entries").status_code == 403
    assert browser.get("/account").status_code == 200


@pytest.mark.budgets
def test_a_stranger_can_not_keep_a_supervisor_out(console: Console) -> None:
    """After forty wrong passwords from elsewhere a known device still signs in at once."""
    device = console.signed_in()
    stranger = console.browser(accounts.ELSEWHERE)
    statuses = [console.sign_in(stranger, password="wrong").status_code for _ in range(PASSWORDS)]
    assert statuses[-1] == 429
    with time_machine.travel(time.time() + 31):
        assert console.sign_in(device, code=accounts.code(console.issued)).status_code == 303


def test_no_cookie_can_be_read_by_a_script(console: Console) -> None:
    """Session, device and form cookies are HttpOnly and SameSite=Strict."""
    browser = console.browser()
    browser.get("/sign-in")
    for header in console.sign_in(browser).headers.getlist("Set-Cookie"):
        assert "HttpOnly" in header
        assert "SameSite=Strict" in header


FORM = {"number": NUMBER, "reason": "safety", "approval": "云公（督）字〔2026〕3号", "days": "30"}


def test_a_covert_look_is_declared_first(console: Console) -> None:
    """Who was allowed to declares report, reason, decision and days, and is told that looks there are delayed."""
    name = console.issued.account.name
    manage_staff.set_covert(contexts.console(console.database), "tester", name, True)
    browser = console.signed_in()
    made = FORM | {"csrf_token": token(browser, "/covert")}
    wrong = browser.post("/covert", data=made | {"number": "1", "reason": "", "approval": "", "days": "91"})
    page = wrong.get_data(as_text=True)
    assert wrong.status_code == 422
    assert page.count('class="fault"') == 4
    response = browser.post("/covert", data=made)
    assert NUMBER not in response.headers["Location"]
    assert "暂不告知报警人" in browser.get(response.headers["Location"]).get_data(as_text=True)
    assert console.outcomes(44) == [10, 9]


def test_covert_looks_are_for_those_who_were_allowed(console: Console) -> None:
    """Another supervisor is refused, which is an entry, and is told that the citizen sees the look."""
    browser = console.signed_in()
    made = FORM | {"csrf_token": token(browser, "/entries")}
    assert browser.get("/covert").status_code == 403
    assert browser.post("/covert", data=made).status_code == 403
    assert (console.outcomes(44), console.outcomes(43)) == ([], [2, 2])
    to = browser.post("/entries/report", data=made).headers["Location"]
    assert f"报警人会看到：{accounts.BODY}" in browser.get(to).get_data(as_text=True)
