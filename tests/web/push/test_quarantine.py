"""What a source sees of its refused events: which, why, since when, and what has become of them; never what it sent."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import text
from werkzeug.test import TestResponse

from lookup.services import register_client
from lookup.services.register_client import Scope, add_key
from lookup.storage.clients import KeyRow
from lookup.storage.database import Database
from tests.support.pushing import BATCH, SOURCE, Desk, event, rule
from tests.support.shelves import acts, items, states

PHONE, NAME = "19900001234", "云小溪"


def ask(desk: Desk, method: str = "GET", path: str = "/v1/quarantine", **asked: Any) -> TestResponse:
    """A signed request without a body; `key` signs as somebody else."""
    key = asked.pop("key", desk.key)
    query = "&".join(f"{name}={str(value).replace('+', '%2B')}" for name, value in asked.items())
    how = desk.signing(covered=("@method", "@target-uri"), query=query, key=key)
    headers = how.headers(method, path, "", b"")
    del headers["Content-Type"], headers["Content-Digest"]
    return desk.web.open(path + (f"?{query}" if query else ""), method=method, headers=headers)


def told(response: TestResponse) -> list[dict[str, Any]]:
    """The items of a page."""
    assert response.status_code == 200
    found: list[dict[str, Any]] = response.get_json()["items"]
    return found


@pytest.fixture
def desk(database: Database) -> Desk:
    """Three refused events: a wrong step, a wrong form with a person in it, bytes that are no JSON."""
    made = Desk(database)
    made.send(event("e-1", data__to="Z99"))
    made.send(event("e-2", data__reason=NAME, data__persons=[{"role": NAME, "phone": PHONE}]))
    made.send(b"{" + PHONE.encode())
    return made


def test_each_refused_event_is_told_with_its_reason_and_nothing_of_its_content(desk: Desk) -> None:
    """Id, source, times, field, rule, text in both languages, state; no value that was sent."""
    page = ask(desk)
    first, second, third = told(page)
    assert (first["id"], first["source"], first["state"]) == ("e-1", SOURCE, "open")
    assert (first["pointer"], first["rule"]) == ("/data/to", "R2026/states")
    assert set(first["text"]) == {"zh-Hans", "en"}
    assert datetime.fromisoformat(first["received_at"]).utcoffset() == timedelta(hours=8)
    assert second["rule"].startswith("wire.")
    assert third["id"].startswith("sha256:")
    for secret in (PHONE, NAME, "Z99"):
        assert secret not in page.get_data(as_text=True)


def test_looking_and_withdrawing_are_entries(desk: Desk) -> None:
    """With client and number of items; a withdrawn one by its number."""
    ask(desk, rule="R2026/states")
    item = items(desk.context.database)[0].id
    ask(desk, "DELETE", f"/v1/quarantine/{item}")
    assert acts(desk.context.database) == [
        {"act": "list", "client": "yunxi", "count": 1},
        {"act": "withdraw", "client": "yunxi", "item": item},
    ]


def test_filters_narrow_the_list(desk: Desk) -> None:
    """State, rule, id, source and time; each alone and together."""
    desk.send(event("e-1"))
    later = (datetime.now().astimezone() + timedelta(minutes=1)).isoformat(timespec="seconds")
    for asked, found in (
        ({"state": "settled"}, ["e-1"]),
        ({"state": "open", "id": "e-2"}, ["e-2"]),
        ({"rule": "json.syntax"}, [items(desk.context.database)[2].event]),
        ({"source": "urn:other"}, []),
        ({"source": SOURCE, "id": "e-1"}, ["e-1"]),
        ({"since": "2026-01-01T00:00:00Z", "rule": "R2026/states"}, ["e-1"]),
        ({"since": later}, []),
    ):
        assert [item["id"] for item in told(ask(desk, **asked))] == found
    assert told(ask(desk, state="settled"))[0]["settled_by"] == "e-1"


def test_pages_follow_one_another_and_meet_every_item_once(desk: Desk) -> None:
    """`next` leads on until it is null; what arrives meanwhile comes at the end."""
    seen, after = [], "0"
    while after is not None:
        page = ask(desk, limit=2, after=after).get_json()
        seen += [item["item"] for item in page["items"]]
        after = page["next"]
        if len(seen) == 2:
            desk.send(event("e-9", data__to="Z99"))
    assert seen == [item.id for item in items(desk.context.database)]
    assert len(seen) == 4


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("state=gone", "/state"), ("state=open&state=open", "/state"), ("rule=%E4%BA%91", "/rule"), ("rule=", "/rule"),
        ("since=yesterday", "/since"), ("since=0001-01-01T00:00:00Z", "/since"), ("limit=0", "/limit"),
        ("limit=201", "/limit"), ("limit=x", "/limit"), ("after=-1", "/after"),
        ("after=99999999999999999999", "/after"), ("after=%D9%A1", "/after"),
        ("id=", "/id"), ("source=a%00b", "/source"),
    ],
)  # fmt: skip
def test_a_wrong_parameter_is_named(sqlite_desk: Desk, query: str, pointer: str) -> None:
    """400 with the parameter, and an entry."""
    how = sqlite_desk.signing(covered=("@method", "@target-uri"), query=query)
    headers = how.headers("GET", "/v1/quarantine", "", b"")
    response = sqlite_desk.web.get(f"/v1/quarantine?{query}", headers=headers)
    assert (rule(response), response.status_code) == ("bad-request", 400)
    assert [(e["pointer"], e["rule"]) for e in response.get_json()["errors"]] == [(pointer, "query.value")]
    assert response.headers["Lookup-Entry"]


def test_another_client_sees_and_touches_nothing(desk: Desk) -> None:
    """Items belong to the client that sent them."""
    register_client.register(desk.context, "tester", "other", "另一系统", "urn:other", Scope(("3699",)))
    added = add_key(desk.context, "tester", "other", "hmac-sha256", b"k" * 32)
    assert isinstance(added, KeyRow)
    item = items(desk.context.database)[0].id
    how = desk.signing(
        covered=("@method", "@target-uri"), key=added.id, algorithm="hmac-sha256", secret=b"k" * 32
    )
    page = desk.web.get("/v1/quarantine", headers=how.headers("GET", "/v1/quarantine", "", b""))
    assert told(page) == []
    path = f"/v1/quarantine/{item}"
    gone = desk.web.delete(path, headers=how.headers("DELETE", path, "", b""))
    assert (rule(gone), gone.status_code) == ("not-found", 404)
    assert [state for _, state, _ in states(desk.context.database)] == ["open"] * 3


def test_a_withdrawn_event_stays_readable_and_may_still_be_mended(desk: Desk) -> None:
    """It is withdrawn once, kept, and settled when the source sends it mended after all."""
    item = items(desk.context.database)[0].id
    path = f"/v1/quarantine/{item}"
    first, again = ask(desk, "DELETE", path), ask(desk, "DELETE", path)
    assert first.get_json() == again.get_json()
    assert first.get_json()["state"] == "withdrawn"
    assert [each["id"] for each in told(ask(desk, state="withdrawn"))] == ["e-1"]
    desk.send(event("e-1"))
    assert ask(desk, "DELETE", path).get_json()["state"] == "settled"


def test_a_mended_event_names_what_it_supersedes(database: Database) -> None:
    """Over the wire: the id that the answer to unreadable bytes gave is superseded by an event with an id."""
    desk = Desk(database)
    lost = desk.send([event(id=None)], BATCH).get_json()["results"][0]["id"]
    assert desk.send(event("e-5", supersedes=lost)).status_code == 200
    assert states(database) == [(lost, "settled", "e-5")]
    twice = desk.send(event("e-6", supersedes=lost))
    assert [(e["pointer"], e["rule"]) for e in twice.get_json()["errors"]] == [
        ("/supersedes", "quarantine.ended")
    ]


@pytest.mark.parametrize("path", ["/v1/quarantine", "/v1/quarantine/1"])
def test_nothing_without_a_signature(sqlite_desk: Desk, path: str) -> None:
    """Neither list nor withdrawal; a signature works once."""
    method = "GET" if path.endswith("e") else "DELETE"
    assert rule(sqlite_desk.web.open(path, method=method)) == "signature-missing"
    how = sqlite_desk.signing(covered=("@method", "@target-uri"))
    headers = how.headers(method, path, "", b"")
    first, again = (sqlite_desk.web.open(path, method=method, headers=headers) for _ in range(2))
    assert first.status_code in (200, 404)
    assert rule(again) == "signature-replayed"


def test_an_empty_article_that_an_older_release_kept_is_not_told(desk: Desk) -> None:
    """Reasons that were kept before are told as new ones are."""
    old = json.dumps({"field": "/data/to", "text": {}, "article": {"zh-Hans": "", "en": ""}})
    with desk.context.database.write() as conn:
        conn.execute(text("UPDATE quarantine SET problem = :old"), {"old": old})
    assert [each for each in told(ask(desk)) if "article" in each] == []


def test_many_refused_under_one_id_are_looked_up_once(database: Database) -> None:
    """How often a batch asks for items does not grow with how many of them came and went under one id in it."""
    desk = Desk(database)
    asked: list[int] = []
    for many in (3, 30):
        refused = [event(f"m-{many}", data__to=f"Z{n:02}") for n in range(many)]
        taken = event(f"m-{many}", subject=f"369901260302081405{many:02}")
        seen: list[str] = []

        def watch(
            _conn: object, _cursor: object, statement: str, *_rest: object, seen: list[str] = seen
        ) -> None:
            if statement.startswith("SELECT quarantine.id"):
                seen.append(statement)

        sqlalchemy_event.listen(database.engine, "before_cursor_execute", watch)
        answer = desk.send([*refused, taken], BATCH).get_json()
        sqlalchemy_event.remove(database.engine, "before_cursor_execute", watch)
        assert answer["counts"] | {"waiting": 0} == {
            "accepted": 1, "waiting": 0, "duplicate": 0, "conflict": 0, "quarantined": many,
        }  # fmt: skip
        asked.append(len(seen))
    assert asked[0] == asked[1] <= 3
    with database.read() as conn:
        states = conn.execute(text("SELECT state, count(*) FROM quarantine GROUP BY state")).all()
    assert [tuple(row) for row in states] == [("settled", 33)]
