"""The citizen's pages: two answers, one refusal, nothing revealed by GET, an entry for everything."""

from __future__ import annotations

import re
import time

import pytest
import time_machine
from sqlalchemy import text

from lookup.domain.reference import derive_code, display
from lookup.storage.database import Database
from lookup.web.citizen import create_app
from lookup.web.citizen.passes import IDLE_S, RENEW_S, WHOLE_S, presented
from tests.support import contexts
from tests.support.reports import CASE, ID_NUMBER, NAME, NUMBER, push_story
from tests.web.citizen.conftest import Site, app_on, text_of

OPEN_PAGES = ("/", "/r", "/help", "/privacy", "/accessibility", "/healthz", "/api/v1/openapi.json")


def actions(site: Site) -> list[tuple[int, int]]:
    """The (action, outcome) of the citizen's entries, in order."""
    query = text("SELECT action, outcome FROM audit_entry WHERE action < 20 ORDER BY writer, seq")
    with site.database.read() as conn:
        return [tuple(row) for row in conn.execute(query)]


@pytest.mark.parametrize("path", OPEN_PAGES)
def test_open_pages_answer_and_set_nothing(site: Site, path: str) -> None:
    """Anybody may read the open pages; they set no cookie, write no entry and are not stored."""
    response = site.browser().get(path)
    assert response.status_code == 200
    assert "Set-Cookie" not in response.headers
    assert response.headers["Cache-Control"] == "no-store"
    assert "unsafe" not in response.headers["Content-Security-Policy"]
    assert actions(site) == []


def test_the_report_opens_with_the_two_answers(site: Site) -> None:
    """After verification the page says first that the report was accepted and a case registered, and by whom."""
    page = text_of(site.verified().get("/report"))
    assert page.index("已受理") < page.index("已立案")
    assert "云溪市公安局东湖派出所" in page
    assert "0369-5550101" in page
    assert actions(site) == [(1, 1), (2, 1)]


def test_the_pages_exist_in_english(site: Site) -> None:
    """A browser that asks for English gets English, and the choice by link is remembered."""
    browser = site.verified()
    assert "Accepted" in text_of(browser.get("/report", headers={"Accept-Language": "en"}))
    assert 'lang="en"' in text_of(browser.get("/?lang=en"))
    assert 'lang="en"' in text_of(browser.get("/"))


def test_the_victim_sees_more_than_the_reporter(site: Site) -> None:
    """Tier T2 shows the case number, T1 does not."""
    victim = site.browser()
    victim.post("/verify", data=site.form(fact="id", id6=ID_NUMBER[-6:], name=NAME))
    assert CASE in text_of(victim.get("/report"))
    assert CASE not in text_of(site.verified().get("/report"))


def test_without_a_pass_nothing_is_shown(site: Site) -> None:
    """GET of the report without a pass, with a forged or a foreign one, shows only how to begin."""
    browser = site.browser()
    for cookie in ("", "forged", "WyJhIl0.aaaa.bbbb"):
        browser.set_cookie("pass", cookie)
        response = browser.get("/report")
        assert response.status_code == 401
        assert "已受理" not in text_of(response)


def test_unknown_and_wrong_are_the_same_bytes(database: Database) -> None:
    """Before the report exists and after, with a wrong code or a wrong second fact: status, headers and body agree."""
    app = app_on(database)
    code = display(derive_code(contexts.key(2), NUMBER, 1))
    wrong = display(derive_code(contexts.key(99), NUMBER, 1))
    asked = {"number": NUMBER, "code": code, "fact": "phone", "phone4": "1234"}
    client = app.test_client()
    unknown = client.post("/verify", data=asked)
    push_story(contexts.push(database))
    answers = [
        client.post("/verify", data=asked | change) for change in ({"code": wrong}, {"phone4": "0000"})
    ]
    for answer in answers:
        assert (answer.status, answer.data, dict(answer.headers)) == (
            unknown.status, unknown.data, dict(unknown.headers),
        )  # fmt: skip


def test_a_withheld_report_is_not_told_from_an_unknown_one_without_proof(database: Database) -> None:
    """Only the right reference and second fact learn that a report is withheld; then it is said honestly."""
    app = app_on(database)
    reference, _ = push_story(contexts.push(database))
    asked = {"number": NUMBER, "code": reference.code, "fact": "phone", "phone4": "0000"}
    client = app.test_client()
    before = client.post("/verify", data=asked)
    with database.write() as conn:
        row = conn.execute(text("SELECT story FROM incident")).scalar_one()
        story = row[:-1] + ',"withheld":["minor"]}'
        conn.execute(
            text("UPDATE incident SET withheld = :yes, story = :story"), {"yes": True, "story": story}
        )
    after = client.post("/verify", data=asked)
    assert (after.status, after.data) == (before.status, before.data)
    client.post("/verify", data=asked | {"phone4": "1234"})
    page = text_of(client.get("/report"))
    assert "不在网上" in page
    assert "已受理" not in page


def test_a_typing_mistake_is_explained_before_anything_is_counted(site: Site) -> None:
    """A code whose check character fails, or a number too short, is explained and leaves no attempt behind."""
    swapped = site.reference.code[1] + site.reference.code[0] + site.reference.code[2:]
    response = site.browser().post("/verify", data=site.form(code=swapped, number=NUMBER[:-1]))
    assert response.status_code == 422
    assert actions(site) == []
    with site.database.read() as conn:
        assert conn.execute(text("SELECT count(*) FROM budget")).scalar_one() == 0


def test_a_page_is_never_sent_back_with_a_secret_in_it(site: Site) -> None:
    """After a refusal the number is still there; code, link, digits, ID and name are not, and the page says so."""
    token = site.reference.link.partition("#")[2]
    wrong = display(derive_code(contexts.key(99), NUMBER, 1))
    page = text_of(site.browser().post("/verify", data=site.form(code=wrong)))
    assert NUMBER in page
    for secret in (wrong, wrong.replace("-", ""), 'value="1234"'):
        assert secret not in page
    assert "查询码和核对信息没有保留" in page
    by_link = text_of(site.browser().post("/verify", data=site.form(by="link", link=token, phone4="0000")))
    assert "链接保留 10 分钟" in by_link
    assert token not in by_link


@pytest.mark.budgets
def test_too_many_tries_lead_to_a_wait_and_not_to_a_lock(site: Site) -> None:
    """Beyond the budget the answer is 429 with a wait ticket in the form, and each stage has an entry."""
    wrong = display(derive_code(contexts.key(99), NUMBER, 1))
    statuses = [site.browser().post("/verify", data=site.form(code=wrong)).status_code for _ in range(14)]
    assert statuses[:5] == [403] * 5
    assert statuses[-1] == 429
    page = text_of(site.browser().post("/verify", data=site.form()))
    assert re.search(r'name="ticket"\s+value="[^"]{20,}"', page)


def test_the_pass_slides_and_ends(site: Site) -> None:
    """Ten idle minutes end a pass, looking renews it, and after an hour it is over whatever happens."""
    with time_machine.travel(time.time(), tick=False) as clock:
        browser = site.verified()
        for _ in range(5):
            clock.shift(IDLE_S - 10)
            assert browser.get("/report").status_code == 200
        clock.shift(WHOLE_S - 5 * (IDLE_S - 10) + 1)
        assert browser.get("/report").status_code == 401
        other = site.verified()
        clock.shift(IDLE_S + 1)
        assert other.get("/report").status_code == 401


def test_a_pass_is_written_anew_once_it_is_a_minute_old(site: Site) -> None:
    """Reloading at once sets no cookie; the first answer after a minute does, with a pass that lives on."""
    with time_machine.travel(time.time(), tick=False) as clock:
        browser = site.verified()
        before = browser.get_cookie("pass")
        assert "Set-Cookie" not in browser.get("/report").headers
        clock.shift(RENEW_S + 1)
        assert browser.get("/report").headers["Set-Cookie"].startswith("pass=")
        after = browser.get_cookie("pass")
        assert before is not None
        assert after is not None
        clock.shift(IDLE_S - RENEW_S)
        browser.set_cookie("pass", before.value)
        assert browser.get("/report").status_code == 401
        browser.set_cookie("pass", after.value)
        assert browser.get("/report").status_code == 200


def test_no_character_of_a_pass_can_be_changed(site: Site) -> None:
    """A pass with any one character changed is none (the last one holds only bits that are not used)."""
    cookie = site.verified().get_cookie("pass")
    assert cookie is not None
    for place, old in enumerate(cookie.value[:-1]):
        changed = cookie.value[:place] + ("B" if old == "A" else "A") + cookie.value[place + 1 :]
        with site.app.test_request_context("/report", headers={"Cookie": f"pass={changed}"}):
            assert presented() is None


def test_sign_out_ends_every_copy_of_the_pass(site: Site) -> None:
    """A pass that was copied before sign-out opens nothing after it."""
    browser = site.verified()
    cookie = browser.get_cookie("pass")
    assert cookie is not None
    response = browser.post("/signout")
    assert "Clear-Site-Data" in response.headers
    thief = site.browser()
    thief.set_cookie("pass", cookie.value)
    assert thief.get("/report").status_code == 401
    assert actions(site)[-2:] == [(3, 9), (2, 2)]


def test_the_cookie_is_out_of_reach(site: Site) -> None:
    """HttpOnly and SameSite=Strict; with https also Secure and bound to the host."""
    header = site.browser().post("/verify", data=site.form()).headers["Set-Cookie"]
    assert "HttpOnly" in header
    assert "SameSite=Strict" in header
    context = contexts.citizen(site.database)
    secure = create_app(context).test_client().post("/verify", data=site.form()).headers["Set-Cookie"]
    assert secure.startswith("__Host-pass=")
    assert "Secure" in secure


def test_a_form_of_another_site_is_refused(site: Site) -> None:
    """A POST with a foreign Origin or from another site is refused, and leaves an entry."""
    for headers in ({"Origin": "https://evil.test"}, {"Sec-Fetch-Site": "cross-site"}):
        response = site.browser().post("/verify", data=site.form(), headers=headers)
        assert response.status_code == 403
        assert "Set-Cookie" not in response.headers
    assert actions(site) == [(1, 10), (1, 10)]


@pytest.mark.parametrize(
    ("method", "path", "data", "status"),
    [
        ("GET", "/nothing-here", None, 404),
        ("GET", "/verify", None, 405),
        ("POST", "/verify", {"number": "1" * 20_000}, 413),
        ("POST", "/verify", {"number": "\0"}, 422),
        ("POST", "/verify", {}, 422),
        (
            "POST",
            "/verify",
            {"number": "😀" * 50, "code": "٣" * 10, "fact": "id", "id6": "１", "name": "%00"},
            422,
        ),
    ],
)
def test_bad_requests_get_help_and_never_a_500(
    site: Site, method: str, path: str, data: dict[str, str] | None, status: int
) -> None:
    """Whatever is sent, the answer says what to do."""
    response = site.browser().open(path, method=method, data=data)
    assert response.status_code == status
    assert "查询" in text_of(response)


def test_when_the_entry_can_not_be_written_nothing_is_disclosed(site: Site) -> None:
    """With a ledger that takes no entries a live pass gets 503 and not a word of the report."""
    browser = site.verified()
    with site.database.write() as conn:
        conn.execute(text("ALTER TABLE audit_entry RENAME TO audit_entry_gone"))
    for answer in (browser.get("/report"), browser.post("/verify", data=site.form())):
        assert answer.status_code == 503
        assert "已受理" not in text_of(answer)
        assert answer.headers["Retry-After"]


@pytest.mark.budgets
def test_two_networks_do_not_share_a_budget(site: Site) -> None:
    """Strangers elsewhere who spend their network's tries leave another network's alone."""
    stranger = site.browser("198.51.100.9")
    for number in range(70):
        stranger.post("/verify", data=site.form(number=f"3699022603020915{number:04}"))
    assert stranger.post("/verify", data=site.form()).status_code == 429
    assert site.browser().post("/verify", data=site.form()).status_code == 303


@pytest.mark.budgets
def test_x_forwarded_for_is_believed_only_when_configured(site: Site) -> None:
    """Without a trusted proxy a forged X-Forwarded-For does not open a new budget."""
    browser = site.browser()
    for number in range(61):
        headers = {"X-Forwarded-For": f"203.0.113.{number}"}
        browser.post("/verify", data=site.form(number=f"3699022603020915{number:04}"), headers=headers)
    assert browser.post("/verify", data=site.form()).status_code == 429
