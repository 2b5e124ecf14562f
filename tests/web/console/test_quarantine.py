"""Refused events on the console: found, explained, replayed and closed, each look and act with its entry."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lookup.services import register_client
from lookup.services.contexts import ConsoleContext
from lookup.services.register_client import Scope
from lookup.storage import units
from lookup.storage.database import Database
from lookup.storage.units import Unit
from lookup.web.console.quarantine_words import brief, rule_named
from tests.support import accounts, contexts
from tests.support.console_pages import signed_in, token
from tests.support.pushing import BATCH, NUMBER, SOURCE, UNIT, Desk, event
from tests.support.shelves import acts, items, states

PHONE, NAME = "19900001234", "云小溪"


@dataclass
class Bench:
    """A push desk, a console, and a browser of its supervisor."""

    desk: Desk
    context: ConsoleContext
    browser: FlaskClient

    @property
    def database(self) -> Database:
        """Where everything is."""
        return self.context.database

    def page(self, path: str = "/quarantine") -> str:
        """The text of a page that is there."""
        response = self.browser.get(path)
        assert response.status_code == 200
        return response.get_data(as_text=True)

    def post(self, path: str, **form: str) -> TestResponse:
        """Send a form of this console."""
        return self.browser.post(path, data=form | {"csrf_token": token(self.browser, "/account")})


@pytest.fixture
def bench(database: Database) -> Bench:
    """Three refused events: two of a unit out of scope (one with a person), one unlawful step."""
    desk = Desk(database, units=("3698", "369902"))
    context = contexts.console(database)
    persons = [{"role": "reporter", "phone": PHONE}, {"role": "victim", "name": NAME, "phone": PHONE}]
    sent = [
        event("e-1", data__persons=persons),
        event("e-2", data__to="Z99"),
        event("e-3", data__to="Z99", data__unit="369902510000"),
    ]
    desk.send(sent, BATCH)
    return Bench(desk, context, signed_in(context, accounts.made(context)))


def test_refused_events_are_listed_and_counted(bench: Bench) -> None:
    """Newest first with reason and state; counts by rule and by source lead to the list behind them."""
    page = bench.page()
    assert page.count('class="entry open"') == 3
    assert page.index("e-3") < page.index("e-1")
    told = "该来源无权代表这个单位。"
    assert re.search(rf'rule=scope.unit"><span>{told} <code>scope.unit</code></span> <b>2</b>', page)
    assert re.search(r"client=yunxi\"><span>云溪市110</span> <b>3</b>", page)
    assert bench.page("/quarantine?rule=scope.unit").count('class="entry open"') == 2
    assert bench.page("/quarantine?event=e-2").count('class="entry open"') == 1
    assert bench.page("/quarantine?state=settled").count('class="entry') == 0


def test_one_is_explained_without_any_person(bench: Bench) -> None:
    """Reason, field, what to do, incident number and codes; neither name nor telephone number."""
    first = items(bench.database)[0]
    page = bench.page(f"/quarantine/{first.id}")
    for told in (
        "该来源无权代表这个单位",
        "责任单位 <code>/data/unit</code>",
        "lookup client scope",
        NUMBER,
        SOURCE,
        "J10",
    ):
        assert told in page
    assert PHONE not in page
    assert NAME not in page
    assert "R2026/states" in bench.page(f"/quarantine/{first.id + 2}")


def test_codes_of_one_have_their_words(bench: Bench) -> None:
    """Type, unit and states are told in words beside their codes; a code that means nothing stands alone."""
    with bench.database.write() as conn:
        units.put(conn, [Unit(UNIT, "云溪派出所", "Yunxi station", "")])
    first = items(bench.database)[0]
    page = bench.page(f"/quarantine/{first.id}")
    for words, code in (
        ("进入下一步", "lookup.transition"),
        ("云溪派出所", UNIT),
        ("已接警", "J10"),
    ):
        assert re.search(rf"<dd>[^<]*{words}[^<]*<code>{code}</code></dd>", page), (words, code)
    assert '<dd><span class="num">Z99</span></dd>' in bench.page(f"/quarantine/{first.id + 1}")


def test_an_empty_quarantine_says_so(database: Database) -> None:
    """Nothing waiting is good news, told as such."""
    context = contexts.console(database)
    page = signed_in(context, accounts.made(context)).get("/quarantine").get_data(as_text=True)
    assert "没有待处理的隔离件。" in page
    assert "<table" not in page


def test_every_look_is_an_entry(bench: Bench) -> None:
    """List and item; the item's entry is about the report that it shows; an event id stays out of the ledger."""
    item = items(bench.database)[0].id
    bench.page("/quarantine?state=any&event=e-1&rule=scope.unit")
    bench.page(f"/quarantine/{item}")
    assert bench.browser.get("/quarantine/999").status_code == 404
    with bench.database.read() as conn:
        query = "SELECT detail, outcome, report IS NOT NULL FROM audit_entry WHERE action = 43 ORDER BY ts, writer, seq"
        rows = [tuple(row) for row in conn.exec_driver_sql(query)]
    details = [row[0] for row in rows]
    assert details[0] == '{"page":"quarantine","rule":"scope.unit"}'
    assert f'"item":{item}' in details[1]
    assert '"body":"' in details[1]
    assert [bool(row[2]) for row in rows] == [False, True, False]
    assert [row[1] for row in rows] == [1, 1, 2]


def test_one_is_replayed_after_its_cause_was_mended(bench: Bench) -> None:
    """The page says what became of it; the entry names who did it."""
    register_client.rescope(bench.desk.context, "tester", "yunxi", Scope(("3699",)))
    first, second, _ = (item.id for item in items(bench.database))
    assert "已收下，进入办理情况" in bench.post(f"/quarantine/{first}/replay").get_data(as_text=True)
    assert "仍不合规则，继续隔离" in bench.post(f"/quarantine/{second}/replay").get_data(as_text=True)
    assert "此前已经了结" in bench.post(f"/quarantine/{first}/replay").get_data(as_text=True)
    assert [state for _, state, _ in states(bench.database)] == ["replayed", "open", "open"]
    assert [act["act"] for act in acts(bench.database)] == ["replay", "replay"]


def test_what_was_refused_lately_is_not_told_as_what_is_open(bench: Bench) -> None:
    """The count above the entries is of a day's refusals; what is open now is a link away."""
    for item in items(bench.database):
        bench.post(f"/quarantine/{item.id}/close", reason="test_data")
    page = bench.page("/entries")
    assert re.search(r"<b>3</b> <span>隔离</span><small>这段时间里拒收的次数，后来处理过的也算在内。", page)
    assert "等待处理" not in page
    assert '<a href="/quarantine">现在待处理的隔离件</a>' in page


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("scope.unit", "scope.unit 该来源无权代表这个单位。"),
        ("event.id_reused", "event.id_reused 同一来源已用这个编号发送过内容不同的事件。"),
        ("number.incident_number.too_short", "number.incident_number.too_short 接警编号少了几位。"),
        ("bad-request", "bad-request 请求"),
        ("file.digest", "file.digest 文件内容与签名时不同。"),
        ("R2026/states", "R2026/states"),
    ],
)
def test_a_rule_of_fixed_words_is_told_in_them(rule: str, words: str) -> None:
    """What a rulebook says depends on the event, so of it only the code stands in an entry."""
    assert rule_named(rule).startswith(words)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("不允许的步骤。这一状态之后只能是：J97。", "不允许的步骤。"),
        ("This step is not allowed. Only J97 may follow.", "This step is not allowed."),
        ("Not valid JSON (RFC 8259.1)", "Not valid JSON (RFC 8259.1)"),
    ],
)
def test_counts_are_told_in_one_sentence(text: str, first: str) -> None:
    """The newest event's own particulars do not stand for all that the count is about."""
    assert brief(text) == first


def test_one_is_closed_with_a_reason(bench: Bench) -> None:
    """Without a reason nothing changes; with one it is closed and says why."""
    item = items(bench.database)[2].id
    assert bench.post(f"/quarantine/{item}/close").status_code == 422
    assert [state for _, state, _ in states(bench.database)] == ["open"] * 3
    assert "测试数据" in bench.post(f"/quarantine/{item}/close", reason="test_data").get_data(as_text=True)
    assert [act["reason"] for act in acts(bench.database)] == ["test_data"]


def test_a_late_close_form_claims_nothing(bench: Bench) -> None:
    """A form that was opened before somebody else closed the item says that nothing was done, not that it was."""
    item = items(bench.database)[2].id
    assert "已关闭，理由和您的操作已经记录。" in bench.post(
        f"/quarantine/{item}/close", reason="test_data"
    ).get_data(as_text=True)
    late = bench.post(f"/quarantine/{item}/close", reason="sent_by_mistake").get_data(as_text=True)
    assert "它此前已经了结，没有再动。" in late
    assert "已经记录" not in late
    assert [act["reason"] for act in acts(bench.database)] == ["test_data"]


@pytest.mark.parametrize("path", ["/quarantine/1/replay", "/quarantine/1/close", "/quarantine/replay"])
def test_a_form_without_its_token_changes_nothing(bench: Bench, path: str) -> None:
    """Another site can not have a supervisor replay or close."""
    assert bench.browser.post(path, data={"reason": "test_data"}).status_code == 400
    assert acts(bench.database) == []


@pytest.mark.parametrize(
    "query", ["state=gone", "rule=%E4%BA%91", "client=x", "since=yesterday", "event=a%00"]
)
def test_a_wrong_filter_is_explained(bench: Bench, query: str) -> None:
    """422, nothing is searched, and the field is marked."""
    for path in ("/quarantine", "/quarantine/replay"):
        response = bench.browser.get(f"{path}?{query}")
        assert response.status_code == 422
        assert "aria-invalid" in response.get_data(as_text=True)


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("since=yesterday", "时间没有看懂。"),
        ("since=2026-03-02T00:00&until=2026-03-01T00:00", "开始时间应早于结束时间。"),
        ("rule=%E4%BA%91", "规则代码只由字母、数字和 _ . / - 组成"),
        ("event=a%20b", "事件编号只由半角的字母、数字和符号组成"),
    ],
)
def test_a_wrong_filter_keeps_what_was_chosen(bench: Bench, query: str, told: str) -> None:
    """The fault is told as what it is; the sources are still there to choose from, and the chosen one is chosen."""
    page = bench.browser.get(f"/quarantine?client=yunxi&{query}").get_data(as_text=True)
    assert told in page
    assert "从列出的选项中选择" not in page
    assert '<option value="yunxi" selected>云溪市110</option>' in page


def test_another_jurisdiction_sees_nothing(bench: Bench) -> None:
    """A supervisor of units that are not concerned finds neither list nor item, and can not replay."""
    elsewhere = signed_in(bench.context, accounts.made(bench.context, "wang.dudao", jurisdiction=("3601",)))
    assert 'class="entry' not in elsewhere.get("/quarantine?state=any").get_data(as_text=True)
    item = items(bench.database)[2].id
    assert elsewhere.get(f"/quarantine/{item}").status_code == 404
    form = {"csrf_token": token(elsewhere, "/account"), "reason": "test_data"}
    for act in ("replay", "close"):
        assert elsewhere.post(f"/quarantine/{item}/{act}", data=form).status_code == 404
    assert acts(bench.database) == []


def test_other_roles_are_refused(bench: Bench) -> None:
    """Only supervisors work off quarantine."""
    audit = signed_in(bench.context, accounts.made(bench.context, "audit.admin", "audit_administrator"))
    assert audit.get("/quarantine").status_code == 403


def test_pages_follow_one_another(bench: Bench) -> None:
    """Older and newer pages meet every item once."""
    bench.desk.send([event(f"b-{n}", data__to="Z99") for n in range(60)], BATCH)
    path, seen = "/quarantine", list[str]()
    while path:
        page = bench.page(path)
        seen += re.findall(r'href="/quarantine/(\d+)"', page)
        found = re.search(r'rel="next" href="([^"]+)"', page)
        path = found.group(1) if found else ""
    assert len(seen) == len(set(seen)) == 63
    back = re.search(r'rel="prev" href="([^"]+)"', page)
    assert back is not None
    assert re.findall(r'href="/quarantine/(\d+)"', bench.page(back.group(1))) == seen[:50]
