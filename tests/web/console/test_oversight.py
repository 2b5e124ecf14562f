"""The pages that make omission visible: what they say, to whom, and that every look is an entry."""

from __future__ import annotations

import json
import re
import time
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from lookup.domain.calendar import SHANGHAI
from lookup.services import list_gaps, oversee_lists
from lookup.storage.tables import audit_entry
from tests.support import accounts, contexts
from tests.support.lists import UNIT, manifest, number, numbers, parts, report, tell
from tests.support.pushing import LINES, SOURCE, dump
from tests.support.rooms import Room, text_of

PAGES = ("/manifests", "/manifests/1", "/sources")


def test_the_day_lists_say_what_is_missing_both_ways(room: Room) -> None:
    """Counts in the list, numbers on the list's own page, gone once the report is entered; never in an address."""
    tell(room.desk, 1, 2)
    room.list(manifest(numbers(2, 3)), parts([numbers(1), numbers(2)], "two", day="2026-03-01")[0])
    browser = room.supervisor()
    page = text_of(browser, "/manifests")
    assert "每一起报警都必须录入（每警必录）" in page
    assert "有出入 清单数 2 系统已收 2 清单有、系统无 1 系统有、清单无 1" in page
    assert "没有收齐" in page
    assert number(3) not in page
    one = text_of(browser, "/manifests/1")
    assert (
        one.index("清单有、系统无")
        < one.index(number(3))
        < one.index("系统有、清单无")
        < one.index(number(1))
    )
    assert "没有收到的部分 2" in text_of(browser, "/manifests/2")
    tell(room.desk, 3)
    assert number(3) not in text_of(browser, "/manifests/1")


def test_a_number_of_a_list_leads_to_the_entries_of_its_report(room: Room) -> None:
    """Entered or not: its address names the report by its token, and the page there is that report's."""
    tell(room.desk, 1, 2)
    room.list(manifest(numbers(2, 3)))
    browser = room.supervisor()
    page = browser.get("/manifests/1").get_data(as_text=True)
    links = dict(re.findall(r'<li class="num"><a href="([^"]+)">([0-9]+)</a>', page))
    assert sorted(links.values()) == numbers(1, 3)
    found = {
        links[link]: browser.get(link).get_data(as_text=True).count('class="entry accepted"')
        for link in links
    }
    assert found == {number(1): 1, number(3): 0}
    assert not any(each in link for each in links.values() for link in links)


def test_empty_pages_say_what_to_do(room: Room) -> None:
    """Before the first list and the first number the pages explain themselves."""
    browser = room.supervisor()
    assert "还没有收到日清单" in text_of(browser, "/manifests")
    assert "还没有送来过任何办理情况" in text_of(browser, "/sources")
    assert browser.get("/manifests/1").status_code == 404


def test_a_source_without_numbers_is_told_apart_from_one_that_sent_nothing(room: Room) -> None:
    """Whatever it sent, taken or refused, it has sent something; without numbers nobody can say what is missing."""
    browser = room.supervisor()
    assert "还没有送来过任何办理情况" in text_of(browser, "/sources")
    room.desk.send(report(1, data__to="Z99"))
    assert "没有编序号，无法判断有没有遗漏" in (page := text_of(browser, "/sources"))
    assert "还没有送来过" not in page
    tell(room.desk, 2)
    assert "没有编序号，无法判断有没有遗漏" in text_of(browser, "/sources")


def test_sources_show_their_gaps_after_the_grace_time(room: Room) -> None:
    """How many, which and since when; within the grace time only that some may be on their way."""
    browser = room.supervisor()
    room.desk.send(dump(report(1, sequence="1")))
    assert "没有缺号" in text_of(browser, "/sources")
    room.desk.send(b"\n".join([dump(report(n, sequence=str(n))) for n in (2, 9)]), LINES)
    assert "没有缺号" not in (page := text_of(browser, "/sources"))
    assert "另有 6 个刚缺" in page
    with time_machine.travel(time.time() - 1000):
        room.desk.send(b"\n".join([dump(report(n, sequence=str(n))) for n in (20, 22)]), LINES)
    page = text_of(browser, "/sources")
    assert "缺号 1" in page
    assert "1 – 22" in page


def declared(room: Room, *ranges: tuple[int, int]) -> None:
    """Declare these missing numbers unused."""
    for first, last in ranges:
        said = {"source": SOURCE, "first": str(first), "last": str(last), "reason": "rolled_back"}
        assert room.desk.send(said, "application/json", "/v1/gaps").status_code == 200


def test_numbers_declared_unused_are_shown_apart_from_gaps(room: Room) -> None:
    """Who, when, which and why, with the entry; a number that came all the same is a contradiction in both places."""
    with time_machine.travel(time.time() - 1000):
        room.desk.send(b"\n".join([dump(report(n, sequence=str(n))) for n in (1, 9)]), LINES)
    declared(room, (3, 5), (7, 7))
    browser = room.supervisor()
    page = text_of(browser, "/sources")
    assert "缺号 3" in page
    assert "2 6 8 另有 4 个声明未用" in page
    assert "云溪市110 yunxi 号 3 – 5 个数 3 取号的事务已回滚 有无矛盾 ✓ 没有" in page
    assert "声明未用却又送到" not in page
    link = re.search(r'class="when"><a href="([^"]+)"', browser.get("/sources").get_data(as_text=True))
    assert link is not None
    assert "声明未用" in text_of(browser, link.group(1))
    assert "号 3-5 " in text_of(browser, "/entries?action=push.unused")
    assert "号 7 " in text_of(browser, "/entries?action=push.unused")
    tell(room.desk, 4, sequence="4")
    tell(room.desk, 5, sequence="5")
    page = text_of(browser, "/sources")
    assert "≠ 声明未用却又送到： 4、5" in page
    assert "取号的事务已回滚 有无矛盾 ≠ 又送到了 4、5" in page
    assert "≠ Came, though declared unused: 4, 5" in text_of(browser, "/sources?lang=en")
    assert "The transaction that took the numbers was rolled back" in text_of(browser, "/sources?lang=en")


def test_older_declarations_are_a_page_further(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest first, each on one page; a place that is none is the first page."""
    monkeypatch.setattr(list_gaps, "PAGE", 2)
    room.desk.send(b"\n".join([dump(report(n, sequence=str(n))) for n in (1, 20)]), LINES)
    declared(room, *((n, n) for n in (3, 5, 7, 9, 11)))
    browser, path, seen = room.supervisor(), "/sources?below=x", list[str]()
    while path:
        page = browser.get(path).get_data(as_text=True)
        seen += re.findall(r'class="range num"><small class="label">号 </small>(\d+)<', page)
        following = re.search(r'rel="next" href="([^"#]+)#unused"', page)
        path = following.group(1) if following else ""
    assert seen == ["11", "9", "7", "5", "3"]


def test_days_without_a_list_are_named(room: Room) -> None:
    """Since its first list a source is expected to send one a day; days in a row are one span."""
    today = datetime.now(UTC).astimezone(SHANGHAI).date()
    for back in (5, 2):
        room.list(manifest([], f"day-{back}", day=(today - timedelta(days=back)).isoformat()))
    page = text_of(room.supervisor(), "/manifests")
    assert "最近一个月有 3 天没有收到完整的日清单" in page


def test_older_lists_are_a_page_further(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """The latest day first; every list is on exactly one page."""
    monkeypatch.setattr(oversee_lists, "PAGE", 2)
    for day in ("2026-03-02", "2026-03-05", "2026-03-01", "2026-03-04", "2026-03-03"):
        room.list(manifest([], day, day=day))
    browser, path, seen = room.supervisor(), "/manifests", list[str]()
    for _ in range(3):
        page = browser.get(path).get_data(as_text=True)
        seen += re.findall(r'class="when"><a[^>]*><time[^>]*datetime="([0-9-]+)', page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        path = following.group(1) if following else ""
    assert seen == [f"2026-03-0{n}" for n in (5, 4, 3, 2, 1)]
    assert path == ""


def test_a_supervisor_sees_only_the_own_jurisdiction(room: Room) -> None:
    """Lists and sources that reach beyond it are not shown; a list of a unit within it is."""
    room.list(manifest(numbers(1)), manifest(numbers(1), "unit", unit=UNIT))
    browser = room.supervisor("369901")
    page = browser.get("/manifests").get_data(as_text=True)
    assert re.findall(r'href="/manifests/(\d+)"', page) == ["2"]
    assert browser.get("/manifests/1").status_code == 404
    assert browser.get("/manifests/2").status_code == 200
    assert "还没有登记来源" in text_of(browser, "/sources")


@pytest.mark.parametrize("role", ["audit_administrator", "system_administrator", "security_administrator"])
def test_administrators_see_no_lists(room: Room, role: str) -> None:
    """Incident numbers are case data, which no administrator sees."""
    room.list(manifest(numbers(1)))
    browser = room.browser(accounts.made(contexts.console(room.desk.context.database), role=role))
    assert [browser.get(path).status_code for path in PAGES] == [403, 403, 403]
    assert "/manifests" not in browser.get("/account").get_data(as_text=True)


def test_every_look_is_an_entry_without_a_number(room: Room) -> None:
    """Page and row id stand in the entry, also of a list that is not there."""
    room.list(manifest(numbers(1)))
    browser = room.supervisor()
    for path in (*PAGES, "/manifests/99"):
        browser.get(path)
    query = select(audit_entry.c.detail, audit_entry.c.outcome).where(audit_entry.c.action == 43)
    with room.desk.context.database.read() as conn:
        found = [
            (json.loads(detail), outcome)
            for detail, outcome in conn.execute(query.order_by(audit_entry.c.ts))
        ]
    assert found == [
        ({"page": "manifests"}, 1),
        ({"page": "manifest", "id": 1}, 1),
        ({"page": "sources"}, 1),
        ({"page": "manifest", "id": 99}, 2),
    ]


def test_a_broken_cursor_is_the_latest_page(room: Room) -> None:
    """What is no cursor is ignored."""
    room.list(manifest(numbers(1)))
    browser = room.supervisor()
    for broken in ("x", "2026-03-02.0", "2026-03-02.1'"):
        page = browser.get("/manifests", query_string={"before": broken}).get_data(as_text=True)
        assert 'href="/manifests/1"' in page
