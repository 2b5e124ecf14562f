"""The page of events that wait: what it says, to whom, in which order, and that every look at a report is an entry."""

from __future__ import annotations

import json
import re
import time

import pytest
import time_machine
from sqlalchemy import insert, select

from lookup.domain.reference import report_token
from lookup.services import oversee_waiting
from lookup.storage.tables import audit_entry, unit
from tests.support import accounts, contexts
from tests.support.lists import number, report
from tests.support.pushing import BATCH, NUMBER, SOURCE, UNIT, event, later
from tests.support.rooms import Room, text_of

CASE = f"A{UNIT}2026030001"


def stuck(room: Room, *serials: int) -> None:
    """Reports whose second step never came, each third step typed in a minute after the one before."""
    for place, serial in enumerate(serials):
        third = later(f"t-{serial}", "J30", 20 + place, subject=number(serial))
        sent = room.desk.send([report(serial), third], BATCH)
        assert sent.get_json()["counts"]["waiting"] == 1


def listed(room: Room, path: str = "/waiting") -> list[str]:
    """The numbers on every page, in order."""
    browser, found = room.supervisor(), list[str]()
    while path:
        page = browser.get(path).get_data(as_text=True)
        found += re.findall(r'class="num"><a [^>]*>([0-9]+)</a>', page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        path = following.group(1) if following else ""
    return found


def test_what_waits_is_told_with_what_it_lacks_until_that_comes(room: Room) -> None:
    """Report, unit, step, age, source, what is missing and what to do; nothing of it when the step before has come."""
    with room.desk.context.database.write() as conn:
        names = {"code": UNIT, "name": "东湖派出所", "name_en": "Donghu", "phone": "0369-5550101"}
        conn.execute(insert(unit), names)
    with time_machine.travel(time.time() - 3 * 86_400 - 60):
        room.desk.send([event(), later("e-3", "J30", 20)], BATCH)
    browser = room.supervisor()
    page = text_of(browser, "/waiting")
    assert "共 1 件警情" in page
    assert f"{NUMBER} 东湖派出所 民警已到场 录入 2026年3月2日（周一）08:20" in page
    assert "已等 3 天 缺前一步：“已派警” 当时停在“已接警”。请来源补送" in page
    assert "云溪市110 e-3" in page
    link = re.search(r'class="num"><a href="([^"]+)"', browser.get("/waiting").get_data(as_text=True))
    assert link is not None
    assert NUMBER not in link.group(1)
    assert "审计记录" in text_of(browser, link.group(1))
    room.desk.send(later("e-2", "J20", 15))
    assert "没有等前一步的办理情况" in text_of(browser, "/waiting")


def test_each_kind_of_waiting_says_what_it_lacks(room: Room) -> None:
    """A statement about a case, a correction, a second beginning, a step without a first one; in English too."""
    paused = later("e-2", "J20", 15, type="lookup.pause", data__to=None, data__case=CASE)
    paused["data"] |= {"reason": "appraisal"}
    amended = later("e-4", "J20", 16, type="lookup.correction")
    amended["data"] |= {
        "replaces": {"source": SOURCE, "id": "e-9"},
        "reason": "wrong_state",
        "approver": "p-1",
    }
    sent = [event(), paused, amended, later("e-3", "J10", 17), later("e-5", "J30", 20, subject=number(7))]
    answer = room.desk.send(sent, BATCH).get_json()
    assert answer["counts"]["waiting"] == 4, answer
    browser = room.supervisor()
    page = text_of(browser, "/waiting")
    for text in (
        "缺案件的开头：还没有收到这起案件的审查或立案",
        "缺原来那一条：它要更正或撤回的还没有送到，或者不归它的单位更正",
        "没有哪一步能使它衔接，多半是它自己有误",
        "当时还没有任何一步。",
    ):
        assert text in page
    english = text_of(browser, "/waiting?lang=en")
    assert "The beginning of the case is missing" in english
    assert "Typed in Monday, 2 March 2026, 08:15" in english


def test_many_events_of_one_report_are_counted(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first few are shown, and how many more there are."""
    monkeypatch.setattr(oversee_waiting, "MOST_STEPS", 2)
    room.desk.send([event(), *(later(f"x-{n}", "J30", n) for n in (20, 21, 22, 23, 24))], BATCH)
    assert "这件警情另有 3 条也在等" in text_of(room.supervisor(), "/waiting")


def test_the_first_typed_in_comes_first_and_each_report_is_on_one_page(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages go on from a place, so that none is lost or shown twice; a place that is none is the first page."""
    monkeypatch.setattr(oversee_waiting, "PAGE", 2)
    stuck(room, 4, 2, 5, 1, 3)
    assert listed(room) == [number(n) for n in (4, 2, 5, 1, 3)]


def test_a_place_that_is_none_is_the_first_page(room: Room) -> None:
    """What is no place is ignored."""
    stuck(room, 1)
    browser = room.supervisor()
    for broken in ("x", "1", "1.0", "1.1'"):
        assert number(1) in text_of(browser, f"/waiting?after={broken}")


def test_a_supervisor_sees_what_waits_in_the_own_jurisdiction(room: Room) -> None:
    """The unit that is responsible decides; another place sees an empty page."""
    stuck(room, 1)
    assert number(1) in text_of(room.supervisor("369901"), "/waiting")
    issued = accounts.made(contexts.console(room.desk.context.database), "wu.dudao", jurisdiction=("369902",))
    page = text_of(room.browser(issued), "/waiting")
    assert "没有等前一步的办理情况" in page
    assert number(1) not in page


def test_an_administrator_sees_nothing_of_it(room: Room) -> None:
    """Numbers and steps are case data, which no administrator sees."""
    browser = room.browser(
        accounts.made(contexts.console(room.desk.context.database), role="audit_administrator")
    )
    assert browser.get("/waiting").status_code == 403
    assert 'href="/waiting"' not in browser.get("/account").get_data(as_text=True)


def test_every_look_is_an_entry_of_each_report_that_was_shown(room: Room) -> None:
    """One for the page and one about each report on it, so that its reporter can see who looked."""
    stuck(room, 1, 2)
    room.supervisor().get("/waiting")
    query = select(audit_entry.c.report, audit_entry.c.detail).where(audit_entry.c.action == 43)
    with room.desk.context.database.read() as conn:
        rows = conn.execute(query.order_by(audit_entry.c.seq)).all()
    pepper = room.desk.context.settings.pepper
    assert [row.report for row in rows] == [None, *(report_token(pepper, number(n)) for n in (1, 2))]
    assert [json.loads(row.detail)["page"] for row in rows] == ["waiting"] * 3
    assert json.loads(rows[1].detail)["body"] == "云溪市公安局督察支队"
