"""The citizen's pages in a real Chromium: WCAG 2.2 AA by axe, no page wider than the phone, JavaScript not needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from lookup.domain.budget import REPORT
from lookup.domain.reference import derive_code, display
from lookup.storage import units
from lookup.storage.database import Database
from lookup.storage.units import Unit
from lookup.web.citizen import passes
from tests.support import contexts, databases
from tests.support.reports import NUMBER, PHONE, UNIT, push_story
from tests.support.serving import on_loopback
from tests.web.citizen.conftest import Site, app_on

OPEN = (
    "/",
    "/r",
    "/help",
    "/privacy",
    "/accessibility",
    "/audit",
    "/audit/verify",
    "/report",
    "/nothing-here",
)
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Site]]:
    """The address of a running site in demonstration dress, and the site."""
    with (
        databases.migrated_sqlite(tmp_path_factory.mktemp("served")) as url,
        databases.opened(url) as database,
    ):
        site = _site(database)
        with on_loopback(site.app) as address:
            yield address, site


def _site(database: Database) -> Site:
    with database.write() as conn:
        units.put(conn, [Unit(UNIT, "云溪市公安局东湖派出所", "Donghu Police Station", "0369-5550101")])
    reference, _ = push_story(contexts.push(database))
    return Site(app_on(database, demo=True, footer="云溪市公安局 主办 | <b>0369</b>"), database, reference)


def phone(browser: Browser, **dress: object) -> Page:
    """A page of a phone 320 CSS pixels wide, the narrowest that WCAG 1.4.10 names."""
    context = browser.new_context(viewport={"width": 320, "height": 640}, **dress)  # type: ignore[arg-type]
    return context.new_page()


def follow(page: Page, way: Locator) -> None:
    """Click and wait until the next page is there."""
    with page.expect_navigation():
        way.click()


def prove(page: Page, served: tuple[str, Site]) -> None:
    """Look the report up as its reporter does."""
    page.goto(f"{served[0]}/")
    page.get_by_label("接警编号").fill(NUMBER)
    page.get_by_label("查询码", exact=True).fill(served[1].reference.code)
    page.get_by_label("报警电话的后 4 位").fill(PHONE[-4:])
    page.get_by_role("button", name="查询").click()
    page.wait_for_url("**/report")


def assert_sound(page: Page) -> None:
    """No rule of axe is broken and the page is not wider than the phone."""
    found = Axe().run(page, options=RULES)
    assert [(broken["id"], broken["nodes"][0]["html"]) for broken in found.response["violations"]] == []
    assert len(found.response["passes"]) > 20
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["zh-CN", "en"])
def test_open_pages_meet_wcag(browser: Browser, served: tuple[str, Site], scheme: str, locale: str) -> None:
    """Every page that anybody may open, in both languages, light and dark."""
    page = phone(browser, color_scheme=scheme, locale=locale)
    for path in OPEN:
        page.goto(served[0] + path)
        assert_sound(page)
    page.context.close()


@pytest.mark.parametrize("elder", ["0", "1"])
def test_the_answer_meets_wcag(browser: Browser, served: tuple[str, Site], elder: str) -> None:
    """Faults to mend, the refusal, the answer, who looked and signing out, in standard and in large type."""
    page = phone(browser, locale="zh-CN")
    page.goto(f"{served[0]}/?elder={elder}")
    follow(page, page.get_by_role("button", name="查询"))
    expect(page.get_by_role("alert")).to_be_focused()
    assert_sound(page)
    prove(page, served)
    assert_sound(page)
    follow(page, page.get_by_role("link", name="谁查看过我的警情"))
    assert_sound(page)
    page.go_back()
    follow(page, page.get_by_role("button", name="退出查询"))
    assert_sound(page)
    page.context.close()


def test_everything_works_without_javascript(browser: Browser, served: tuple[str, Site]) -> None:
    """Ask by identity, read the two answers and sign out with scripts turned off; the other way's fields are hidden."""
    page = phone(browser, locale="zh-CN", java_script_enabled=False)
    prove(page, served)
    expect(page.get_by_text("已受理", exact=True)).to_be_visible()
    expect(page.get_by_text("已立案", exact=True)).to_be_visible()
    follow(page, page.get_by_role("button", name="退出查询"))
    page.goto(f"{served[0]}/")
    page.get_by_label("用身份证和姓名核对").check()
    expect(page.get_by_label("姓名", exact=True)).to_be_visible()
    expect(page.get_by_label("报警电话的后 4 位")).to_be_hidden()
    page.context.close()


def test_a_link_leaves_the_address_bar_and_opens_the_report(
    browser: Browser, served: tuple[str, Site]
) -> None:
    """The secret of a link goes from the fragment into the form, never into a request or the history."""
    page = phone(browser, locale="zh-CN")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    token = served[1].reference.link.partition("#")[2]
    page.goto(f"{served[0]}/r#{token}")
    page.wait_for_url("**/r")
    expect(page.get_by_text("链接已经读到")).to_be_visible()
    expect(page.get_by_label("查询链接")).to_be_hidden()
    page.get_by_label("报警电话的后 4 位").fill(PHONE[-4:])
    page.get_by_role("button", name="查询").click()
    page.wait_for_url("**/report")
    assert not [url for url in asked if token in url.partition("#")[0]]
    page.context.close()


@pytest.mark.budgets
@pytest.mark.parametrize("scripts", [True, False])
def test_the_wait_keeps_its_button_back(browser: Browser, served: tuple[str, Site], scripts: bool) -> None:
    """While the wait lasts nobody can press the button, with scripts or without; sending early is told to wait on."""
    page = phone(browser, locale="zh-CN", java_script_enabled=scripts)
    number = NUMBER[:-2] + "98"
    wrong = display(derive_code(contexts.key(99), NUMBER, 1))
    other = served[1].browser("198.51.100.9")
    for _ in range(REPORT.amount):
        other.post("/verify", data=served[1].form(number=number, code=wrong))
    page.goto(f"{served[0]}/")
    page.get_by_label("接警编号").fill(number)
    page.get_by_label("查询码", exact=True).fill(wrong)
    page.get_by_label("报警电话的后 4 位").fill("0000")
    page.get_by_role("button", name="查询").click()
    button = page.locator("form button.main")
    page.get_by_role("heading", name="请稍等再试").wait_for()
    if scripts:
        expect(button).to_be_disabled()
    else:
        expect(button).to_be_hidden()
    ticket = page.locator("[name=ticket]").get_attribute("value")
    page.get_by_label("查询码", exact=True).fill(wrong)
    page.get_by_label("报警电话的后 4 位").fill("0000")
    with nullcontext() if scripts else page.expect_navigation():
        page.get_by_label("报警电话的后 4 位").press("Enter")
    page.get_by_role("heading", name="请稍等再试").wait_for()
    assert page.locator("[name=ticket]").get_attribute("value") == ticket
    page.context.close()


def test_nothing_is_kept_in_the_browser_but_the_pass(browser: Browser, served: tuple[str, Site]) -> None:
    """After an answer the browser holds one cookie that scripts can not read, and nothing in its storages."""
    page = phone(browser, locale="zh-CN")
    prove(page, served)
    with served[1].app.app_context():
        name = passes.cookie_name()
    assert [(each["name"], each["httpOnly"]) for each in page.context.cookies()] == [(name, True)]
    assert page.evaluate("document.cookie + localStorage.length + sessionStorage.length") == "00"
    page.context.close()
