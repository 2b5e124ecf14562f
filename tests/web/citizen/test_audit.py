"""The public side of the log and the receipts, as a browser gets them."""

from __future__ import annotations

import json
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lookup.ledger.policy import Log, Policy
from lookup.ledger.proof import verify_receipt
from lookup.services.integrate import open_sequencer
from lookup.services.log_key import LogKey, check_ed25519
from lookup.storage.database import Database
from lookup.storage.lanes import Draft, append, now_us
from tests.services.test_integrate import write
from tests.support.contexts import PEN, citizen, key, worker
from tests.web.citizen.conftest import Site, app_on, text_of

POLICY = Policy((Log(LogKey.from_seed("lookup.test/log1", key(8)).public),))


def sequenced(site: Site) -> None:
    """Let the worker integrate what is there."""
    open_sequencer(worker(site.database)).tick()


def report(browser: FlaskClient) -> dict[str, object]:
    """The report by the API, with the pass of the browser."""
    answer: dict[str, object] = browser.get("/api/v1/report").get_json()
    return answer


def accesses(browser: FlaskClient) -> dict[str, object]:
    """Who looked, by the API."""
    answer: dict[str, object] = browser.get("/api/v1/report/accesses").get_json()
    return answer


def test_an_answered_lookup_can_be_proved(site: Site) -> None:
    """The answer names its receipt; it is 202 until integrated and then verifies offline, for this very entry."""
    browser = site.verified()
    told = report(browser)
    audit = told["audit"]
    assert isinstance(audit, dict)
    early = browser.get(audit["receipt"])
    assert (early.status_code, early.headers["Retry-After"]) == (202, "1")
    sequenced(site)
    made = site.browser().get(audit["receipt"])
    assert made.mimetype == "text/plain"
    members = verify_receipt(made.data, POLICY, check_ed25519).members
    assert (f"{members['w']}-{members['s']}", members["a"], members["o"]) == (
        told["entry"],
        "lookup.open",
        "released",
    )
    opened = browser.get(audit["opening"]).get_json()
    assert (opened["n"], opened["d"]) == ("192.0.2.0/24", '{"tier":"T1"}')


def test_a_receipt_needs_its_capability(site: Site) -> None:
    """Without the right capability there is nothing, whether the entry exists or not."""
    browser = site.verified()
    audit = report(browser)["audit"]
    assert isinstance(audit, dict)
    path, query = urlsplit(audit["receipt"])[2:4]
    for address in (path, f"{path}?k=x", f"/api/v1/receipts/9-9?{query}", f"/api/v1/receipts/x?{query}",
                    f"{path}/opening?{query}"):  # fmt: skip
        assert browser.get(address).status_code == 404


def test_the_page_links_to_receipt_and_accesses(site: Site) -> None:
    """The report page has both links."""
    page = text_of(site.verified().get("/report"))
    assert "下载回执" in page
    assert "/report/accesses" in page


def test_everybody_sees_who_looked_at_their_report(site: Site) -> None:
    """The list has failures too, tells the holder from strangers, and contains the look at the list itself."""
    assert site.browser("198.51.100.9").post("/verify", data=site.form(phone4="0000")).status_code == 403
    browser = site.verified()
    report(browser)
    sequenced(site)
    listed = accesses(browser)
    looks = listed["accesses"]
    assert isinstance(looks, list)
    assert [(each["action"], each["role"], each["outcome"]) for each in looks] == [
        ("lookup.accesses", "holder", "released"),
        ("lookup.open", "holder", "released"),
        ("lookup.verify", "holder", "released"),
        ("lookup.verify", "stranger", "refused"),
    ]
    assert (looks[0]["index"], listed["withheld"], listed["more"]) == (None, 0, False)
    assert looks[0]["place"] == listed["entry"]
    assert browser.get(looks[3]["receipt"]).status_code == 200
    assert "198.51.100" not in json.dumps(listed)
    page = text_of(browser.get("/report/accesses"))
    assert "没有通过核对的人" in page


def look_of_staff(site: Site, token: bytes, **detail: str | int) -> None:
    """A supervisor's look at the report."""
    with site.database.write() as conn:
        append(conn, PEN, Draft("console.view", "released", b"s" * 16, token, None, detail))


def test_covert_looks_are_delayed_and_counted(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A covert look is withheld but counted, until its release or the longest delay; others are shown at once."""
    browser = site.verified()
    report(browser)
    with site.database.read() as conn:
        token = conn.exec_driver_sql("SELECT token FROM incident").scalar_one()
    look_of_staff(site, bytes(token), covert=1)
    look_of_staff(site, bytes(token), body="云溪市公安局督察支队")
    listed = accesses(browser)
    assert listed["withheld"] == 1
    assert isinstance(listed["accesses"], list)
    assert [each["body"] for each in listed["accesses"] if each["role"] == "staff"] == [
        "云溪市公安局督察支队"
    ]
    look_of_staff(site, bytes(token), covert=1, release=now_us() + 400 * 86_400_000_000)
    look_of_staff(site, bytes(token), covert=1, release=now_us() - 1)
    assert accesses(browser)["withheld"] == 2
    later = now_us() + 91 * 86_400_000_000
    monkeypatch.setattr("lookup.services.list_accesses.now_us", lambda: later)
    assert accesses(browser)["withheld"] == 0


def test_who_looked_is_told_to_nobody_else(site: Site) -> None:
    """Without a pass there is no list; after sign-out neither."""
    assert site.browser().get("/api/v1/report/accesses").status_code == 401
    assert site.browser().get("/report/accesses").status_code == 401
    browser = site.verified()
    kept = browser.get_cookie("pass")
    assert kept is not None
    browser.post("/signout")
    browser.set_cookie("pass", kept.value)
    assert browser.get("/api/v1/report/accesses").status_code == 401
    browser.set_cookie("pass", kept.value)
    assert browser.get("/report/accesses").status_code == 401


def test_the_log_is_public_in_the_shapes_of_c2sp(database: Database) -> None:
    """Checkpoint, full and partial tiles, policy and consistency: right types, caching, readable from any site."""
    app = app_on(database, policy=POLICY.to_bytes().decode())
    browser = app.test_client()
    for path in ("checkpoint", "tile/0/000", "tile/entries/000", "consistency?old=0&new=1"):
        assert browser.get(f"/audit/{path}").status_code == 404
    write(database, 300)
    sequencer = open_sequencer(worker(database))
    sequencer.tick()
    assert sequencer.head is not None
    latest = browser.get("/audit/checkpoint")
    assert (latest.data, latest.headers["Cache-Control"]) == (
        sequencer.head.note.encode(),
        "public, no-cache",
    )
    for path, length in (("tile/0/000", 8192), ("tile/0/001.p/44", 44 * 32), ("tile/1/000.p/1", 32)):
        kept_for_ever(browser.get(f"/audit/{path}"), length)
    kept_for_ever(browser.get("/audit/consistency?old=256&new=300"))
    assert browser.get("/audit/consistency?old=x&new=1").status_code == 400
    assert browser.get("/audit/tile/entries/000").status_code == 404
    assert browser.get("/audit/policy").data == POLICY.to_bytes()
    page = text_of(browser.get("/audit"))
    assert sequencer.head.note.splitlines()[2] in page
    assert "receipt.js" in text_of(browser.get("/audit/verify"))


def kept_for_ever(response: TestResponse, length: int | None = None) -> None:
    """Any browser and any cache may keep the answer, and any site read it."""
    assert response.status_code == 200
    assert length in (None, len(response.data))
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "Set-Cookie" not in response.headers


def test_without_a_policy_none_is_published(database: Database) -> None:
    """A process that was given no policy says so."""
    assert not replace(citizen(database).settings).policy
    assert app_on(database).test_client().get("/audit/policy").status_code == 404
