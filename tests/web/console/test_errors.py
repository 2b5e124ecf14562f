"""What goes wrong beside a view: its entry names who was signed in."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from lookup.services.actors import stranger_token
from lookup.services.manage_staff import Issued
from lookup.storage.database import Database
from lookup.web.console import MAX_BODY, create_app
from tests.support import accounts, contexts
from tests.support.console_pages import local, signed_in


@pytest.fixture
def issued(database: Database) -> Issued:
    """A supervisor."""
    return accounts.made(contexts.console(database))


def failed(database: Database) -> list[bytes]:
    """Whose requests failed, in order."""
    query = text("SELECT actor FROM audit_entry WHERE action = 43 AND outcome = 10 ORDER BY writer, seq")
    with database.read() as conn:
        return [bytes(actor) for actor in conn.execute(query).scalars()]


def went_wrong(browser: FlaskClient) -> list[int]:
    """The statuses of requests that reach no use case."""
    return [
        browser.get("/no-such-page").status_code,
        browser.get("/account/x?y=z").status_code,
        browser.delete("/account").status_code,
        browser.post("/entries/report", data={"number": "1"}).status_code,
        browser.post("/entries/report", data={"number": "1" * 2 * MAX_BODY}).status_code,
    ]


def test_the_entry_of_a_failure_names_who_is_signed_in(database: Database, issued: Issued) -> None:
    """A page that is not there, a wrong method, a stale or too long form: an entry of the account."""
    browser = signed_in(contexts.console(database), issued)
    assert went_wrong(browser) == [404, 404, 405, 400, 413]
    assert failed(database) == [issued.account.id] * 5


def test_without_a_session_it_is_a_stranger(database: Database) -> None:
    """No cookie, or one that opens nothing: the entry names the network only, and nothing of the menu is shown."""
    browser = create_app(local(contexts.console(database))).test_client()
    assert went_wrong(browser) == [404, 404, 405, 400, 413]
    browser.set_cookie("console", "A" * 43)
    page = browser.get("/no-such-page").get_data(as_text=True)
    assert failed(database) == [stranger_token(contexts.key(5), "127.0.0.0/24")] * 6
    assert "主菜单" not in page


def test_a_page_that_is_not_there_keeps_the_menu(database: Database, issued: Issued) -> None:
    """Whoever is signed in can go on from there."""
    page = signed_in(contexts.console(database), issued).get("/no-such-page").get_data(as_text=True)
    assert "主菜单" in page
    assert issued.account.name in page
