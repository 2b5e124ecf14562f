"""Replaying all refused events that match: asked with its conditions, done once, told on a page of its own."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import parse_qsl, urlencode

import pytest

from lookup.services import oversee_quarantine, register_client
from lookup.services.register_client import Scope
from tests.support import accounts
from tests.support.console_pages import signed_in
from tests.support.pushing import BATCH, event
from tests.support.shelves import acts, items
from tests.web.console.test_quarantine import Bench
from tests.web.console.test_quarantine import bench as bench


def replayed(bench: Bench, **form: str) -> str:
    """Where the page of the result is, after the act."""
    response = bench.post("/quarantine/replay", **form)
    assert response.status_code == 303
    return str(response.location)


def mend_scope(bench: Bench) -> None:
    """The source may speak for all its units from now on."""
    register_client.rescope(bench.desk.context, "tester", "yunxi", Scope(("3699",)))


def test_all_that_match_are_replayed_after_a_confirmation(bench: Bench) -> None:
    """The page before says how many; the page after says what became of each; the others are left alone."""
    mend_scope(bench)
    assert "待处理隔离件有 2 条" in bench.page("/quarantine/replay?rule=scope.unit")
    assert acts(bench.database) == []
    page = bench.page(replayed(bench, rule="scope.unit"))
    assert "已重新判断 2 条" in page
    for told in ("已收下，进入办理情况：<b>1</b>", "仍不合规则，继续隔离：<b>1</b>"):
        assert told in page
    assert page.count("重放后已收下") == 1
    assert [act["item"] for act in acts(bench.database)] == [item.id for item in items(bench.database)[:2]]


def test_what_stays_refused_says_why_in_words(bench: Bench) -> None:
    """After a replay, beside the counts and in the ledger's entries the code never stands alone."""
    told = "规则集里没有这个状态。"
    page = bench.page(replayed(bench))
    assert f"{told} <code>R2026/states</code>" in page
    assert "仍不合规则，继续隔离：<b>3</b>" in page
    assert f"{told} <code>R2026/states</code>" in bench.page()
    assert "scope.unit 该来源无权代表这个单位。" in bench.page("/entries?outcome=quarantined")


def test_reloading_the_result_repeats_nothing(bench: Bench) -> None:
    """The result has an address of its own; what is shown there is how the items stand now."""
    place = replayed(bench)
    assert bench.page(place) == bench.page(place)
    assert len(acts(bench.database)) == 3
    mend_scope(bench)
    bench.post(f"/quarantine/{items(bench.database)[0].id}/replay")
    assert "重放后已收下" in bench.page(place)


def test_the_conditions_are_named_and_kept(bench: Bench) -> None:
    """Before and after, in words; the way back and to each item keeps them; without any that is said."""
    form = {"client": "yunxi", "rule": "scope.unit", "since": "2026-03-01T00:00"}
    query = urlencode(form)
    for page in (bench.page(f"/quarantine/replay?{query}"), bench.page(replayed(bench, **form))):
        for told in (
            "来源系统 <b>云溪市110</b>",
            "原因（规则代码） <b>scope.unit 该来源无权代表这个单位</b>",
            "从（北京时间） <b>2026-03-01 00:00</b>",
        ):
            assert told in page
        back = re.search(r'class="back"><a href="/quarantine\?([^"]+)"', page)
        assert back is not None
        assert dict(parse_qsl(unescape(back[1]))) == form
    assert "您管辖范围内全部待处理的隔离件" in bench.page("/quarantine/replay")


def test_the_way_back_from_one_item_keeps_the_filter(bench: Bench) -> None:
    """Working off a filtered list does not begin anew after each item, nor after an act on it."""
    link = re.search(r'href="(/quarantine/\d+\?rule=scope.unit)"', bench.page("/quarantine?rule=scope.unit"))
    assert link is not None
    page = bench.page(link[1])
    assert '<a href="/quarantine?rule=scope.unit">← 隔离区' in page
    act = re.search(r'action="(/quarantine/\d+/close\?rule=scope.unit)"', page)
    assert act is not None
    closed = bench.post(act[1], reason="test_data").get_data(as_text=True)
    assert '<a href="/quarantine?rule=scope.unit">← 隔离区' in closed


def test_many_are_replayed_in_rounds(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each round goes on after the last, whatever stayed refused, until none is left."""
    monkeypatch.setattr(oversee_quarantine, "AT_ONCE", 3)
    bench.desk.send([event(f"b-{n}", data__to="Z99") for n in range(4)], BATCH)
    page, rounds = bench.page("/quarantine/replay"), 0
    while 'action="/quarantine/replay"' in page:
        beyond = re.search(r'name="beyond" value="(\d+)"', page)
        page = bench.page(replayed(bench, **({"beyond": beyond[1]} if beyond else {})))
        rounds += 1
    assert rounds == 3
    assert sorted(int(str(act["item"])) for act in acts(bench.database)) == [
        item.id for item in items(bench.database)
    ]


def test_a_suspended_source_is_told_and_nothing_is_judged(bench: Bench) -> None:
    """What leaves no entry is counted all the same."""
    register_client.suspend(bench.desk.context, "tester", "yunxi")
    assert "来源系统已停用或到期，没有重放：<b>3</b>" in bench.page(replayed(bench))
    assert acts(bench.database) == []


def test_a_result_that_this_site_did_not_sign_for_the_account_is_no_result(bench: Bench) -> None:
    """An address made up or taken from another account claims nothing."""
    place = replayed(bench)
    other = signed_in(bench.context, accounts.made(bench.context, "wang.dudao"))
    assert "已重新判断" not in other.get(place).get_data(as_text=True)
    assert "已重新判断" not in bench.page("/quarantine/replay?done=WzEsMiwzLDRd.x")
