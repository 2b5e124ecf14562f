"""The sign-in page leads where somebody wanted to go, and never to another site."""

from __future__ import annotations

from urllib.parse import parse_qs, quote, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from lookup.storage.database import Database
from lookup.web.console import create_app
from lookup.web.console.onward import known
from lookup.web.guards import guarded
from tests.support import accounts, contexts
from tests.support.console_pages import local, sign_in, token

PAGES = (
    "/entries",
    "/entries?outcome=refused&since=2026-03-02T00:00:00",
    "/manifests",
    "/manifests/7",
    "/waiting?after=1.2",
    "/quarantine?rule=R2026/states",
    "/quarantine/replay?client=yunxi",
    "/alarms",
    "/account",
)
ELSEWHERE = (
    "",
    "/",
    "//evil.example/",
    "///evil.example/",
    "/\\evil.example",
    "\\\\evil.example",
    "https://evil.example/entries",
    "javascript:alert(1)",
    "entries",
    "/entries#x",
    "/entries\n",
    "/entries\r\nSet-Cookie: x=y",
    "/\t/evil.example",
    "/entries/..//evil.example",
    "/entries@evil.example",
    "/entries\\..\\x",
    "/no-such-page",
    "/sign-in",
    "/sign-in?to=/entries",
    "/sign-out",
    "/entries/report",
    "/healthz",
    "/static/console.css",
    "/entries?" + "x" * 1000,
    "/云",
)


@pytest.fixture
def browser(database: Database) -> FlaskClient:
    """A browser in which nobody is signed in."""
    return create_app(local(contexts.console(database))).test_client()


@pytest.mark.parametrize("page", PAGES)
def test_a_sign_in_leads_where_one_wanted_to_go(database: Database, browser: FlaskClient, page: str) -> None:
    """Also after a mistake, and with the filter that stood in the address."""
    issued = accounts.made(contexts.console(database))
    asked = browser.get(page).headers["Location"]
    assert parse_qs(urlsplit(asked).query) == {"to": [page]}
    form = {"name": issued.account.name, "csrf_token": token(browser, asked), "to": page}
    wrong = browser.post("/sign-in", data=form | {"password": "wrong", "code": "000000"})
    assert wrong.status_code == 403
    assert 'name="to" value="/' in wrong.get_data(as_text=True)
    assert sign_in(browser, issued, to=page).headers["Location"] == page


@pytest.mark.parametrize("place", ELSEWHERE)
def test_nothing_else_is_gone_to(database: Database, browser: FlaskClient, place: str) -> None:
    """Another site, an open page, an act or what is not there: the first page of the account instead."""
    issued = accounts.made(contexts.console(database))
    assert 'name="to"' not in browser.get(f"/sign-in?to={quote(place)}").get_data(as_text=True)
    assert sign_in(browser, issued, to=place).headers["Location"] == "/"


def test_an_act_is_not_repeated_by_signing_in(browser: FlaskClient) -> None:
    """A form that comes without a session leads to the sign-in page and nowhere from there."""
    form = {"csrf_token": token(browser, "/sign-in")}
    assert browser.post("/quarantine/replay", data=form).headers["Location"] == "/sign-in"
    assert browser.get("/").headers["Location"] == "/sign-in"


def test_it_works_below_a_prefix(browser: FlaskClient) -> None:
    """Mounted elsewhere, the sign-in page is there, and the address that it keeps is one of the console's own."""
    answer = browser.get("/entries", environ_overrides={"SCRIPT_NAME": "/console"})
    assert answer.headers["Location"] == "/console/sign-in?to=/entries"


PATHS = Flask("paths")
PATHS.add_url_rule("/entries", view_func=guarded("session", lambda: ""))
PATHS.add_url_rule("/entries/<path:rest>", "rest", view_func=guarded("session", lambda rest: rest))


@given(st.text(st.characters(min_codepoint=1, max_codepoint=0x200), max_size=40))
def test_what_is_let_through_is_a_path_of_this_site(rest: str) -> None:
    """Whatever is typed after a known path, scheme, host and fragment stay empty and nothing is changed."""
    with PATHS.app_context():
        for text in (rest, "/" + rest, "/entries" + rest, "/entries?" + rest):
            found = known(text)
            parts = urlsplit(found)
            assert found in ("", text)
            assert (parts.scheme, parts.netloc, parts.fragment) == ("", "", "")
            assert not found or (parts.path.startswith("/") and not found.startswith(("//", "/\\")))
