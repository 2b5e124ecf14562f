"""Who looked at my report, page after page: nothing left out, nothing twice, nothing told by the address."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from lookup.services import list_accesses, look_cursor
from lookup.storage.database import Database
from lookup.storage.lanes import Draft, append, now_us
from tests.support.contexts import PEN
from tests.web.citizen.conftest import Site

PATH = "/api/v1/report/accesses"


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of four looks."""
    monkeypatch.setattr(list_accesses, "MOST", 4)


def token(database: Database) -> bytes:
    """The token of the one report."""
    with database.read() as conn:
        return bytes(conn.execute(text("SELECT token FROM incident")).scalar_one())


def look(database: Database, report: bytes, **detail: str | int) -> str:
    """One look of a supervisor; returns its place."""
    with database.write() as conn:
        draft = Draft("console.view", "released", b"s" * 16, report, None, detail or None)
        return str(append(conn, PEN, draft)[0])


def read_on(browser: FlaskClient) -> list[dict[str, Any]]:
    """Every page from the newest to the oldest."""
    pages = [browser.get(PATH).get_json()]
    while pages[-1]["older"]:
        pages.append(browser.get(PATH, query_string={"before": pages[-1]["older"]}).get_json())
    return pages


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("count", [0, 1, 2, 3, 6, 7, 9])
def test_every_look_is_on_one_page(site: Site, count: int) -> None:
    """In order, whatever the number; only the last page is shorter, and none is empty."""
    browser = site.verified()
    places = [look(site.database, token(site.database)) for _ in range(count)]
    pages = read_on(browser)
    shown = [each["place"] for page in pages for each in page["accesses"]]
    assert shown[:1] == [pages[0]["entry"]]
    assert shown[1:-1] == places[::-1]
    assert [len(page["accesses"]) for page in pages[:-1]] == [4] * (len(pages) - 1)
    assert pages[-1]["accesses"]
    assert [page["more"] for page in pages] == [True] * (len(pages) - 1) + [False]


@pytest.mark.usefixtures("small")
def test_withheld_looks_are_counted_on_every_page_and_leave_no_hole(site: Site) -> None:
    """The number is that of the whole list, and a page is as full beside a withheld look as elsewhere."""
    browser, report = site.verified(), token(site.database)
    later = now_us() + 86_400_000_000
    for _ in range(9):
        look(site.database, report)
        look(site.database, report, covert=1, release=later)
    pages = read_on(browser)
    assert {page["withheld"] for page in pages} == {9}
    assert [len(page["accesses"]) for page in pages] == [4, 4, 3]


@pytest.mark.usefixtures("small")
def test_the_page_leads_on_without_javascript(site: Site) -> None:
    """A plain link to earlier looks, and back; the address says nothing that a person or program can read."""
    browser, report = site.verified(), token(site.database)
    for _ in range(5):
        place = look(site.database, report)
    page = browser.get("/report/accesses").get_data(as_text=True)
    found = re.search(r'<a rel="next" href="(/report/accesses\?before=([\w=-]+))">更早的查看</a>', page)
    assert found is not None
    assert place not in found[1]
    again = re.search(r"before=([\w=-]+)", browser.get("/report/accesses").get_data(as_text=True))
    assert again is not None
    assert again[1] != found[2]
    earlier = browser.get(found[1]).get_data(as_text=True)
    assert "回到最近的查看" in earlier
    assert 'rel="next"' not in earlier
    assert "用凭证查询" in earlier


def test_a_cursor_that_is_not_of_this_report_is_refused(site: Site) -> None:
    """The API says so, so that no program reads the newest page for ever; the page shows the newest."""
    browser = site.verified()
    for wrong in ("", "x", "é", "A" * 70, "1-2"):
        answer = browser.get(PATH, query_string={"before": wrong})
        assert (answer.status_code, answer.get_json()["type"]) == (400, "urn:lookup:problem:cursor")
        page = browser.get("/report/accesses", query_string={"before": wrong})
        assert "用凭证查询" in page.get_data(as_text=True)
    other = look_cursor.write(b"\x06" * 32, b"o" * 16, look_cursor.Key(now_us(), 1, 1))
    assert browser.get(PATH, query_string={"before": other}).status_code == 400
