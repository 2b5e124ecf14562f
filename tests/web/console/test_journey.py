"""The console in a real browser without JavaScript, as its own PostgreSQL role and on SQLite, wide and narrow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import text

from lookup.services.integrate import open_sequencer
from lookup.services.manage_staff import Issued
from lookup.storage.database import Database, open_database
from lookup.web.console import create_app
from tests.services.test_alarms import alarmed
from tests.support import accounts, contexts
from tests.support.lists import manifest, numbers
from tests.support.pushing import Desk
from tests.support.reports import NUMBER, push_story
from tests.support.serving import on_loopback

WIDTHS = {"wide": 1280, "narrow": 375}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture
def issued(database: Database) -> Issued:
    """A supervisor, and a pushed report in the signed tree."""
    push_story(contexts.push(database))
    open_sequencer(contexts.worker(database)).tick()
    return accounts.made(contexts.console(database))


@pytest.fixture
def address(migrated_url: str, database: Database, issued: Issued) -> Iterator[str]:
    """A served console that has only the rights of its own role."""
    context = contexts.console(open_database(migrated_url, role="lookup_console"))
    settings = replace(context.settings, public_url="http://127.0.0.1", demo=True)
    with on_loopback(create_app(replace(context, settings=settings))) as served:
        yield served
    context.database.close()


EDGE = "all => Math.max(...all.filter(one => one.checkVisibility()).map(one => one.getBoundingClientRect().right))"


def fits(page: Page) -> bool:
    """Whether nothing that is shown sticks out to the right of the window."""
    assert page.viewport_size is not None
    edge: float = page.locator("main *, header *").evaluate_all(EDGE)
    return edge <= page.viewport_size["width"]


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS.keys())
def test_a_supervisor_follows_a_report(browser: Browser, address: str, issued: Issued, width: int) -> None:
    """A mistake, a sign-in, one report's entries, one entry with its checkpoint, the account, signing out."""
    context = browser.new_context(
        viewport={"width": width, "height": 800}, java_script_enabled=False, locale="zh-CN"
    )
    page = context.new_page()
    page.goto(address)
    sign_in(page, issued, "wrong")
    expect(page.get_by_role("alert")).to_be_visible()
    sign_in(page, issued, issued.factors.password.lower())
    expect(page).to_have_url(f"{address}/entries")
    assert fits(page)
    if width == WIDTHS["narrow"]:
        page.get_by_text("筛选条件", exact=True).click()
    page.get_by_label("只看一件警情（接警编号）").fill(NUMBER)
    page.get_by_role("button", name="查这件警情").click()
    expect(page.locator("tr.entry")).to_have_count(7)
    assert NUMBER not in page.url
    page.locator("td.when a").last.click()
    expect(page.get_by_text("签名检查点", exact=True)).to_be_visible()
    expect(page.locator("dd.hash")).to_have_count(2)
    assert fits(page)
    page.get_by_role("link", name="English").click()
    expect(page.get_by_text("Leaf hash", exact=True)).to_be_visible()
    assert fits(page)
    page.get_by_role("navigation", name="Main menu").get_by_role("link", name="Audit log").click()
    expect(page.locator("td.what").first).to_have_text("Page read")
    assert fits(page)
    page.get_by_role("link", name="My account").click()
    expect(page.get_by_text("this one")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(re.compile("/sign-in"))
    page.goto(f"{address}/entries")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    context.close()


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
def test_every_page_meets_wcag(browser: Browser, address: str, issued: Issued, locale: str) -> None:
    """axe finds nothing on the sign-in page and on every page of the menu, and none is wider than a phone."""
    context = browser.new_context(viewport={"width": WIDTHS["narrow"], "height": 800}, locale=locale)
    page = context.new_page()
    page.goto(f"{address}/sign-in")
    assert_sound(page)
    page.locator("#name").fill(issued.account.name)
    page.locator("#password").fill(issued.factors.password)
    page.locator("#code").fill(accounts.code(issued))
    page.locator("button.main").click()
    expect(page).to_have_url(f"{address}/entries")
    for path in page.locator("header nav a").evaluate_all("links => links.map(link => link.href)"):
        page.goto(path)
        assert_sound(page)
    context.close()


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
def test_an_auditor_answers_for_an_alarm(
    browser: Browser, address: str, database: Database, locale: str
) -> None:
    """From the banner of the first page to the form, a mistake and the answer; axe finds nothing on the way."""
    alarmed(database)
    auditor = accounts.made(contexts.console(database), "shen.ji", "audit_administrator")
    context = browser.new_context(viewport={"width": WIDTHS["narrow"], "height": 800}, locale="zh-CN")
    page = context.new_page()
    page.goto(address)
    sign_in(page, auditor, auditor.factors.password)
    page.goto(f"{address}/entries?lang={'en' if locale == 'en' else 'zh-Hans'}")
    page.locator(".note.bad a").click()
    page.locator("summary").click()
    page.locator(".act button").click()
    expect(page.locator(".fault")).to_have_count(2)
    assert_sound(page)
    page.locator("select").select_option("drill")
    page.locator("input[name=decision]").fill("2026-7")
    page.locator(".act button").click()
    expect(page.get_by_role("status")).to_be_visible()
    assert_sound(page)
    context.close()


def test_long_english_words_keep_to_a_phone(
    browser: Browser, address: str, database: Database, issued: Issued
) -> None:
    """A long date as a heading does not stick out, and what was done does not run into how it ended."""
    sent = manifest(numbers(1), day="2026-09-30")
    assert Desk(database).send(sent, "application/json", "/v1/manifests").status_code == 200
    context = browser.new_context(viewport={"width": WIDTHS["narrow"], "height": 800}, locale="zh-CN")
    page = context.new_page()
    page.goto(address)
    sign_in(page, issued, issued.factors.password)
    page.goto(f"{address}/entries?action=console.signin&lang=en")
    cells = page.locator(".entries td.what")
    expect(cells.first).to_have_text("Sign in to the console")
    assert cells.evaluate_all("all => all.every(one => one.scrollWidth <= one.clientWidth)")
    page.goto(f"{address}/manifests/1?lang=en")
    expect(page.locator("h1")).to_contain_text("Wednesday, 30 September 2026")
    assert fits(page)
    context.close()


def assert_sound(page: Page) -> None:
    """No rule of axe is broken and the page does not scroll sideways."""
    found = Axe().run(page, options=RULES).response
    assert [(broken["id"], broken["nodes"][0]["html"]) for broken in found["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= WIDTHS["narrow"]


def test_a_row_that_no_writer_wrote_is_shown_as_such(
    browser: Browser, address: str, database: Database, issued: Issued
) -> None:
    """An entry with a code that does not exist breaks neither list nor page; the page raises the alarm."""
    columns = "writer, seq, ts, action, outcome, actor, salt"
    forged = f"INSERT INTO audit_entry ({columns}) VALUES (900, 1, :ts, 7, 77, :a, :a)"  # noqa: S608
    with database.write() as conn:
        conn.execute(text(forged), {"ts": 1_795_000_000_000_000, "a": bytes(16)})
    context = browser.new_context(java_script_enabled=False, locale="zh-CN")
    page = context.new_page()
    page.goto(address)
    sign_in(page, issued, issued.factors.password)
    expect(page).to_have_url(f"{address}/entries")
    page.goto(f"{address}/entries/900-1")
    expect(page.get_by_text("这一行不是本系统写下的。")).to_be_visible()
    page.goto(f"{address}/entries?until=2026-11-20T00:00")
    expect(page.get_by_text("审计记录，最新的在前")).to_have_count(1)
    context.close()


def sign_in(page: Page, issued: Issued, password: str) -> None:
    """Fill in and send the sign-in form."""
    page.get_by_label("账号名").fill(issued.account.name)
    page.get_by_label("密码").fill(password)
    page.get_by_label("身份验证器上现在的 6 位数字").fill(accounts.code(issued))
    page.get_by_role("button", name="登录").click()
