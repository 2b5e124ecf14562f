"""What day lists say of numbers recorded elsewhere, of lists that were replaced, and of days without a whole one."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from lookup.domain.calendar import SHANGHAI
from tests.support.lists import manifest, number, numbers, parts, tell
from tests.support.rooms import Room, text_of

ADVICE = "请问清原因，督促补录"


def test_numbers_recorded_elsewhere_are_counted_and_not_simply_equal(room: Room) -> None:
    """A list of another day's numbers lacks nothing, but its equality is told with how many lie elsewhere."""
    tell(room.desk, 1, 2)
    room.list(manifest(numbers(1, 2), "other-day", day="2026-03-03"), manifest(numbers(1, 2)))
    browser = room.supervisor()
    page = text_of(browser, "/manifests")
    assert (
        "≈ 一致（有 2 件记在别处） 清单数 2 系统已收 0 清单有、系统无 0 系统有、清单无 0 记在别处 2" in page
    )
    assert "✓ 一致 清单数 2 系统已收 2 清单有、系统无 0 系统有、清单无 0 记在别处 0" in page
    one = text_of(browser, "/manifests/1")
    assert "一致（有 2 件记在别处）" in one
    assert "其中一部分记在别处，列在下面" in one
    assert "其中一部分记在别处" not in text_of(browser, "/manifests/2")
    assert "Equal (2 recorded elsewhere)" in text_of(browser, "/manifests?lang=en")


def test_a_replaced_list_leads_to_the_one_that_counts_and_asks_for_nothing(room: Room) -> None:
    """The newest complete list of the day is a link; the advice stands with what counts only."""
    room.list(manifest(numbers(1)))
    browser = room.supervisor()
    assert ADVICE in text_of(browser, "/manifests/1")
    room.list(manifest(numbers(1, 2), "list-2"), manifest(numbers(1, 2, 3), "list-3"))
    room.list(parts([numbers(1), numbers(2)], "begun")[0])
    page = browser.get("/manifests/1").get_data(as_text=True)
    assert ADVICE not in page
    assert number(1) in page
    assert re.search(r'以新清单为准。 <a href="/manifests/3">看新清单</a>', page)
    assert ADVICE in text_of(browser, "/manifests/3")


def test_a_first_list_that_never_came_whole_is_a_day_without_one(room: Room) -> None:
    """Days are counted since a source began its first list, complete or not."""
    today = datetime.now(UTC).astimezone(SHANGHAI).date()
    day = (today - timedelta(days=3)).isoformat()
    room.list(parts([numbers(1), numbers(2)], "begun", day=day)[0])
    browser = room.supervisor()
    assert "最近一个月有 3 天没有收到完整的日清单" in text_of(browser, "/manifests")
    room.list(manifest([], "whole", day=(today - timedelta(days=2)).isoformat()))
    assert "最近一个月有 2 天没有收到完整的日清单" in text_of(browser, "/manifests")


def test_a_list_of_one_unit_begins_no_expectation(room: Room) -> None:
    """Who has sent lists of single units only is not missed for the whole."""
    day = (datetime.now(UTC).astimezone(SHANGHAI).date() - timedelta(days=3)).isoformat()
    room.list(manifest(numbers(1), "unit", day=day, unit="369901510000"))
    assert "没有收到完整的日清单" not in text_of(room.supervisor(), "/manifests")
