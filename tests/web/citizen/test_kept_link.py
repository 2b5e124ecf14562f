"""A wrong second fact costs no new search for the link: the page keeps it, sealed, for ten minutes."""

from __future__ import annotations

import re
import time

import pytest
import time_machine
from playwright.sync_api import Browser, expect
from werkzeug.test import TestResponse

from lookup.services.kept_links import GOOD_US
from tests.support.reports import PHONE
from tests.support.serving import on_loopback
from tests.web.citizen.conftest import Site, text_of

KEPT = re.compile(r'name="kept" value="([^"]+)"')


def tried(site: Site, **form: str) -> TestResponse:
    """The link's form, sent."""
    return site.browser().post("/verify", data={"by": "link", "fact": "phone", "phone4": PHONE[-4:]} | form)


def kept(response: TestResponse) -> str:
    """What a page keeps."""
    found = KEPT.search(text_of(response))
    assert found is not None
    return found.group(1)


def test_another_try_works_without_the_link(site: Site) -> None:
    """After wrong digits, and none at all after that: what the page keeps and the right digits open the report."""
    refused = tried(site, link=site.reference.link, phone4="0000")
    assert refused.status_code == 403
    unfilled = tried(site, kept=kept(refused), phone4="")
    assert unfilled.status_code == 422
    assert tried(site, kept=kept(unfilled)).headers["Location"] == "/report"


def test_what_is_kept_ends_after_ten_minutes_and_can_not_be_forged(site: Site) -> None:
    """Then, or changed, or invented, it is as if no link had been given."""
    with time_machine.travel(time.time(), tick=False) as clock:
        text = kept(tried(site, link=site.reference.link, phone4="0000"))
        changed = text[:40] + ("A" if text[40] != "A" else "B") + text[41:]
        for forged in (changed, "x", "A" * 100, "é", text[:-8]):
            assert tried(site, kept=forged).status_code == 422
        clock.shift(GOOD_US / 1_000_000 - 1)
        assert tried(site, kept=text).status_code == 303
        clock.shift(2)
        assert tried(site, kept=text).status_code == 422


def test_a_foreign_link_is_kept_like_a_right_one(site: Site) -> None:
    """Page and length of what is kept tell nothing about a link; the sealed text itself is never the same."""
    token = site.reference.link.partition("#")[2]
    pages = [text_of(tried(site, link=link, phone4="0000")) for link in (token, token[::-1], token)]
    assert len({KEPT.sub("", page) for page in pages}) == 1
    texts = [KEPT.findall(page)[0] for page in pages]
    assert len({len(text) for text in texts}) == 1
    assert len(set(texts)) == 3


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_person_tries_again_at_once(browser: Browser, site: Site, scripts: bool) -> None:
    """In a browser: wrong digits, the page says that the link was read, the right digits, the report."""
    with on_loopback(site.app) as address:
        context = browser.new_context(java_script_enabled=scripts, locale="zh-CN")
        page = context.new_page()
        token = site.reference.link.partition("#")[2]
        page.goto(f"{address}/r#{token}" if scripts else f"{address}/r")
        if not scripts:
            page.get_by_label("查询链接").fill(site.reference.link)
        for digits in ("0000", PHONE[-4:]):
            page.get_by_label("报警电话的后 4 位").fill(digits)
            page.get_by_role("button", name="查询").click()
            if digits == "0000":
                expect(page.get_by_text("链接已经读到，不用再填。")).to_be_visible()
        expect(page).to_have_url(re.compile("/report$"))
        context.close()


def test_a_link_opened_while_its_page_is_shown_is_read(browser: Browser, site: Site) -> None:
    """Only the fragment changes then and nothing is loaded; it is taken into the form all the same."""
    with on_loopback(site.app) as address:
        context = browser.new_context(locale="zh-CN")
        page = context.new_page()
        page.goto(f"{address}/r")
        page.goto(f"{address}/r#{site.reference.link.partition('#')[2]}")
        expect(page.get_by_text("链接已经读到，不用再填。")).to_be_visible()
        expect(page).to_have_url(f"{address}/r")
        context.close()
