"""What the list of entries says of pushes: rehearsals, questions and refusals are not told as content taken in."""

from __future__ import annotations

import re

import pytest

from lookup.services import register_client
from lookup.services.register_client import Scope
from tests.support.lists import manifest, number, numbers, report
from tests.support.pushing import BATCH, LINES, SOURCE, dump, event
from tests.support.rooms import Room, text_of

JSON = "application/json"
LAST = 4_102_416_000_000_000
"""The first moment after 2099-12-31 in Asia/Shanghai (µs)."""


@pytest.mark.parametrize(
    ("path", "media", "body", "deed", "count"),
    [
        ("/v1/events", BATCH, [event(), event("e-2", data__to="Z99")], "批量推送", "试算条数 2"),
        ("/v1/manifests", JSON, manifest(numbers(1, 2)), "日清单", "编号个数 2"),
        ("/v1/gaps", JSON, None, "声明未用", "理由 取号的事务已回滚"),
    ],
)
def test_a_rehearsal_is_never_told_as_done(
    room: Room, path: str, media: str, body: object, deed: str, count: str
) -> None:
    """It has its own word and sign, says that nothing was taken in, and shows no number that means only yes."""
    if body is None:
        room.desk.send(b"\n".join([dump(report(n, sequence=str(n))) for n in (1, 4)]), LINES)
        body = {"source": SOURCE, "first": "2", "last": "2", "reason": "rolled_back"}
    assert room.desk.send(body, media, path, query="dry_run=1").status_code == 200
    browser = room.supervisor()
    told = re.search(rf"{deed} ◇ 试算 云溪市110 .*? 说明", page := text_of(browser, "/entries") + " 说明")
    assert told is not None
    assert count in told[0]
    assert "试算条数 1 " not in page
    link = re.search(
        rf'href="(/entries/[0-9-]+)"(?:(?!class="when").)*?<td class="what">{deed}<',
        browser.get("/entries").get_data(as_text=True),
        re.S,
    )
    assert link is not None
    one = text_of(browser, link[1])
    assert "只是试算，什么也没有收下。" in one
    assert "推送的内容已经收下" not in one


def test_a_rehearsal_that_fails_says_how_it_would_end(room: Room) -> None:
    """A refused rehearsal is refused, and a rehearsal."""
    room.desk.send(b"\n".join([dump(report(n, sequence=str(n))) for n in (1, 4)]), LINES)
    said = {"source": SOURCE, "first": "4", "last": "4", "reason": "rolled_back"}
    assert room.desk.send(said, JSON, "/v1/gaps", query="dry_run=1").status_code == 422
    assert "声明未用 ✕ 试算：拒绝" in text_of(room.supervisor(), "/entries")


def test_questions_of_a_source_are_not_told_as_lists(room: Room) -> None:
    """Asking for digests, for what waits, for a list's outcome or for refused events is told as asking."""
    room.list(manifest(numbers(1)))
    for path in ("/v1/digests?day=2026-03-02", "/v1/waiting?day=2026-03-02", "/v1/manifests/day-1"):
        target, _, query = path.partition("?")
        assert room.desk.ask(target, query=query).status_code in (200, 404)
    assert room.desk.ask("/v1/quarantine").status_code == 200
    page = text_of(room.supervisor(), "/entries")
    assert page.count("来源查询核对 ✓ 已放出") == 2 + page.count("清单编号 day-1 来源查询核对")
    assert page.count("日清单 ✓ 已接收") == 1
    assert page.count("来源查看隔离件 ✓ 已放出") == 1


def test_a_refused_push_is_explained_as_one(room: Room) -> None:
    """Its entry is found by its source, says that nothing was taken in, and gives the rule in words."""
    assert room.desk.send(event(), "text/plain").status_code == 415
    browser = room.supervisor()
    page = browser.get("/entries?outcome=refused").get_data(as_text=True)
    own = re.search(r'href="(/entries\?actor=[0-9a-f]{32})" title="只看此人">云溪市110<', page)
    assert own is not None
    assert "推送事件 ✕ 拒绝 云溪市110" in text_of(browser, own[1])
    link = re.search(r'class="when"><a href="([^"]+)"', page)
    assert link is not None
    one = text_of(browser, link[1])
    assert "没有收下也没有给出任何内容。原因见“规则”一项。" in one
    assert "media-type 内容类型不对" in one


def test_acts_on_a_source_have_their_words(room: Room) -> None:
    """Registering, scope, keys, suspending and resuming are told in words, not by codes."""
    context = room.desk.context
    register_client.rescope(context, "tester", "yunxi", Scope(("3698", "3699"), ("mark",), LAST))
    register_client.suspend(context, "tester", "yunxi")
    register_client.resume(context, "tester", "yunxi")
    register_client.revoke_key(context, "tester", room.desk.key)
    browser = room.supervisor()
    page = text_of(browser, "/entries?action=admin.client")
    for act in ("登记来源", "登记密钥", "更改范围", "停用来源", "恢复来源", "吊销密钥"):
        assert f"操作 {act} " in page
    assert "原来的单位 3699 现在的单位 3698,3699" in page
    assert "原来的事件种类 全部 现在的事件种类 标注" in page
    assert "原来的有效期 不限 现在的有效期 2100-01-01 00:00:00" in page
    english = text_of(browser, "/entries?action=admin.client&lang=en")
    assert "Event types before All Event types now Mark Units before 3699 Units now" in english


def test_only_a_flood_counts_times(room: Room) -> None:
    """What an import or a look counts are things."""
    assert room.desk.ask("/v1/quarantine").status_code == 200
    page = text_of(room.supervisor(), "/entries?action=push.quarantine")
    assert "条数 0" in page
    assert "次数 0" not in page


def test_numbers_of_reports_stand_in_no_entry(room: Room) -> None:
    """The detail of a list is its name and its counts."""
    room.list(manifest(numbers(1)))
    assert number(1) not in text_of(room.supervisor(), "/entries")
