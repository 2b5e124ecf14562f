"""Lists of a day: taken once each part, true in what they say, compared both ways, anew at every look."""

from __future__ import annotations

import json
import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from werkzeug.test import TestResponse

from lookup.ledger.entry import OUTCOMES
from lookup.services.register_client import Scope, register, rescope
from lookup.storage import migrate, tables
from lookup.storage.clients import ClientRow
from lookup.storage.database import Database, open_database
from tests.support.lists import DAY, UNIT, hashed, manifest, number, numbers, parts, report, tell
from tests.support.pushing import SEED, SOURCE, Desk, dump, later, rule

OTHER = "369902510000"


@pytest.fixture
def desk(database: Database) -> Desk:
    """A push desk on each database."""
    return Desk(database)


def send(desk: Desk, body: object, **signing: Any) -> TestResponse:
    """Post a list, or a part of one."""
    return desk.send(body, "application/json", "/v1/manifests", **signing)


def told(response: TestResponse) -> dict[str, Any]:
    """The answer to a list that was taken."""
    assert response.status_code in (200, 202)
    answer: dict[str, Any] = response.get_json()
    return answer


def fault(response: TestResponse) -> tuple[str, str]:
    """Pointer and rule of the first error of a problem."""
    rule(response)
    first = response.get_json()["errors"][0]
    assert set(first["text"]) == {"zh-Hans", "en"}
    return first["pointer"], first["rule"]


def details(desk: Desk) -> list[dict[str, Any]]:
    """The details of the entries about lists."""
    query = select(tables.audit_entry.c.detail, tables.audit_entry.c.outcome)
    query = query.where(tables.audit_entry.c.action == 22).order_by(tables.audit_entry.c.seq)
    with desk.context.database.read() as conn:
        return [json.loads(detail) | {"outcome": outcome} for detail, outcome in conn.execute(query)]


def test_what_is_missing_is_said_both_ways(desk: Desk) -> None:
    """Numbers we never got and numbers the list does not name; the same again later, until they come."""
    tell(desk, 1, 2, 3)
    answer = told(send(desk, manifest(numbers(2, 3, 4, 5))))
    assert answer["state"] == "different"
    assert answer["not_received"] == numbers(4, 5)
    assert answer["not_listed"] == numbers(1)
    assert answer["counts"] == {
        "listed": 4, "received": 3, "not_received": 2, "not_listed": 1, "elsewhere": 0,
    }  # fmt: skip
    assert told(desk.ask("/v1/manifests/list-1")) == answer
    tell(desk, 4, 5)
    assert told(desk.ask("/v1/manifests/list-1"))["not_received"] == []


def test_equal_lists_are_equal(desk: Desk) -> None:
    """The same numbers on both sides, none on both sides: equal."""
    assert told(send(desk, manifest([])))["state"] == "equal"
    tell(desk, 1, 2)
    assert told(send(desk, manifest(numbers(1, 2), "list-2")))["state"] == "equal"


def test_a_dry_run_compares_and_keeps_nothing(desk: Desk) -> None:
    """The answer is that of a list that is kept, alone or as the last part; no list stays, an entry does."""
    tell(desk, 1, 2)
    whole = manifest(numbers(2, 3))
    dry = told(send(desk, whole, query="dry_run=1"))
    assert rule(desk.ask("/v1/manifests/list-1")) == "not-found"
    left = [(each["outcome"], each["dry_run"]) for each in details(desk) if "dry_run" in each]
    assert left == [(OUTCOMES["accepted"], 2)]
    assert told(send(desk, whole)) == dry
    first, last = parts([numbers(1), numbers(2)], "list-2")
    assert told(send(desk, first))["absent_parts"] == [2]
    assert told(send(desk, last, query="dry_run=1"))["state"] == "equal"
    assert told(desk.ask("/v1/manifests/list-2"))["absent_parts"] == [2]
    assert fault(send(desk, last | {"hash": "0" * 64}, query="dry_run=1")) == ("/hash", "manifest.head")
    assert rule(send(desk, last, query="dry_run=2")) == "bad-request"


def test_a_corrected_list_replaces_the_first(desk: Desk) -> None:
    """A later complete list of the same day counts, the first is told to be replaced, and by which."""
    tell(desk, 1)
    send(desk, manifest(numbers(1, 2)))
    assert told(send(desk, manifest(numbers(1), "list-2")))["state"] == "equal"
    first = told(desk.ask("/v1/manifests/list-1"))
    assert (first["state"], first["replaced_by"]) == ("replaced", "list-2")
    assert "replaced_by" not in told(desk.ask("/v1/manifests/list-2"))


@pytest.mark.parametrize("seed", range(2))
def test_parts_come_in_any_order_and_any_number_of_times(desk: Desk, seed: int) -> None:
    """Until all are there the list is incomplete and names the absent parts; repetitions change nothing."""
    dice = random.Random(seed)  # noqa: S311 - a reproducible shuffle
    sent = parts([numbers(1, 2), numbers(3), numbers(4, 5)])
    dice.shuffle(sent)
    tell(desk, 1, 2, 3)
    came: set[int] = set()
    for part in sent:
        response = send(desk, part)
        came.add(part["part"])
        assert told(response)["absent_parts"] == sorted({1, 2, 3} - came)
        assert response.status_code == (200 if len(came) == 3 else 202)
        again = send(desk, part | {"numbers": part["numbers"][::-1]})
        assert again.headers["Lookup-Repeated"] == "true"
        assert told(again) == told(response)
    assert told(desk.ask("/v1/manifests/list-1"))["not_received"] == numbers(4, 5)


def test_parallel_parts_make_one_list(desk: Desk) -> None:
    """Parts sent at once, each twice, end in one complete list."""
    sent = parts([numbers(n) for n in range(1, 7)]) * 2

    def post(part: dict[str, Any]) -> int:
        how = desk.signing()
        headers = how.headers("POST", "/v1/manifests", "application/json", dump(part))
        return desk.app.test_client().post("/v1/manifests", data=dump(part), headers=headers).status_code

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(post, sent)) <= {200, 202}
    answer = told(desk.ask("/v1/manifests/list-1"))
    assert (answer["absent_parts"], answer["counts"]["not_received"]) == ([], 6)


@pytest.mark.parametrize(
    ("changes", "pointer", "broken"),
    [
        ({"numbers": numbers(1, 9), "hash": hashed(numbers(1, 9))}, "/hash", "manifest.head"),
        ({"day": "2026-03-01"}, "/day", "manifest.head"),
        ({"unit": UNIT}, "/unit", "manifest.head"),
        ({"count": 3}, "/count", "manifest.head"),
        ({"parts": 2}, "/parts", "manifest.head"),
        ({"numbers": numbers(1, 9)}, "/numbers", "manifest.part"),
    ],
)
def test_the_same_id_with_another_content_is_a_conflict(
    sqlite_desk: Desk, changes: dict[str, Any], pointer: str, broken: str
) -> None:
    """What was taken stays; the conflict names the member, and is an entry."""
    send(sqlite_desk, manifest(numbers(1, 2)))
    response = send(sqlite_desk, manifest(numbers(1, 2), **changes))
    assert (response.status_code, fault(response)) == (409, (pointer, broken))
    assert told(sqlite_desk.ask("/v1/manifests/list-1"))["not_received"] == numbers(1, 2)
    assert [detail["outcome"] for detail in details(sqlite_desk)] == [5, 7, 1]


@pytest.mark.parametrize(
    ("changes", "pointer", "broken"),
    [
        ({"count": 3}, "/count", "manifest.count"),
        ({"hash": "0" * 64}, "/hash", "manifest.hash"),
        ({"numbers": numbers(1, 1)}, "/numbers/1", "manifest.repeated"),
        ({"numbers": numbers(1, 2, 3)}, "/count", "manifest.count"),
        ({"numbers": [number(1), "36990126130208140502"]}, "/numbers/1", "number.incident_number.time"),
        ({"numbers": "36990126030208140501"}, "/numbers", "wire.type"),
        ({"unit": "360100000000"}, "/unit", "scope.unit"),
        ({"unit": "3699"}, "/unit", "wire.format"),
        ({"day": "2099-01-01"}, "/day", "manifest.future"),
        ({"day": "2026-02-30"}, "/day", "wire.day"),
        ({"day": None}, "/day", "wire.missing"),
        ({"part": 2}, "/part", "manifest.part_number"),
        ({"parts": 101}, "/parts", "wire.value"),
        ({"parts": True}, "/parts", "wire.type"),
        ({"manifest": f"x-{number(1)}"}, "/manifest", "manifest.id"),
        ({"manifest": "day-19900001234"}, "/manifest", "manifest.id"),
        ({"manifest": f"day-{UNIT}"}, "/manifest", "manifest.id"),
        ({"manifest": "no spaces"}, "/manifest", "wire.format"),
        ({"note": "free text"}, "", "wire.unknown_member"),
    ],
)
def test_a_wrong_list_is_refused_with_field_and_rule(
    sqlite_desk: Desk, changes: dict[str, Any], pointer: str, broken: str
) -> None:
    """Nothing of it is kept but the entry of the refusal, which names the rule and no number."""
    response = send(sqlite_desk, manifest(numbers(1, 2), **changes))
    assert (response.status_code, fault(response)) == (422, (pointer, broken))
    assert number(1) not in response.get_data(as_text=True)
    assert [(entry["outcome"], entry["rule"]) for entry in details(sqlite_desk)] == [(2, broken)]
    assert sqlite_desk.ask("/v1/manifests/list-1").status_code == 404


def test_a_wrong_last_part_is_refused_and_may_come_right(desk: Desk) -> None:
    """A last part that does not fit leaves the list incomplete; the right one completes it."""
    first, last = parts([numbers(1), numbers(2)])
    send(desk, first)
    assert fault(send(desk, last | {"numbers": numbers(3)})) == ("/hash", "manifest.hash")
    assert fault(send(desk, last | {"numbers": numbers(1)})) == ("/numbers/0", "manifest.repeated")
    assert told(desk.ask("/v1/manifests/list-1"))["absent_parts"] == [2]
    assert told(send(desk, last))["state"] == "different"


@pytest.mark.parametrize(
    ("body", "media", "code"),
    [(b"{", "application/json", "not-json"), (b"{}", "text/plain", "media-type")],
)
def test_a_body_of_another_kind_is_refused(sqlite_desk: Desk, body: bytes, media: str, code: str) -> None:
    """Neither JSON of another type nor something else is taken for a list."""
    assert rule(sqlite_desk.send(body, media, "/v1/manifests")) == code
    assert rule(send(sqlite_desk, ["no", "object"])) == "manifest-refused"


def test_a_list_of_a_unit_is_compared_with_that_unit(desk: Desk) -> None:
    """By the unit that told first, and those below the code; the rest of the day is another list's."""
    tell(desk, 1, 2)
    tell(desk, 3, data__unit=OTHER)
    unit = told(send(desk, manifest(numbers(1, 4), unit="369901000000")))
    assert (unit["not_received"], unit["not_listed"]) == (numbers(4), numbers(2))
    assert unit["counts"]["received"] == 2
    other = told(send(desk, manifest(numbers(3, 1), "list-2", unit=OTHER)))
    assert (other["not_received"], other["not_listed"]) == ([], [])
    assert (other["elsewhere"], other["state"]) == (numbers(1), "equal")


def test_the_day_is_that_of_the_first_step_in_shanghai(desk: Desk) -> None:
    """A report just before midnight belongs to the day before, however late it was told and in whatever order."""
    late, early = "2026-03-02T23:59:59+08:00", "2026-03-03T00:00:00+08:00"
    desk.send(
        later("e-2", "J20", 30, subject=number(1), time=early, data__entered_at=early, data__from="J10")
    )
    answer = told(send(desk, manifest(numbers(1))))
    assert (answer["elsewhere"], answer["not_received"]) == (numbers(1), [])
    desk.send(report(1, time=late, data__entered_at=late))
    assert told(desk.ask("/v1/manifests/list-1"))["elsewhere"] == []


def test_a_retracted_report_is_on_no_list(desk: Desk) -> None:
    """What never happened is not missing from a list that does not name it."""
    tell(desk, 1)
    at = "2026-03-02T09:00:00+08:00"
    gone = report(1, id="x", type="lookup.retraction", time=at, data__to=None, data__persons=None)
    gone["data"] |= {"entered_at": at, "reason": "wrong_entry", "approver": "Y00001"}
    gone["data"] |= {"replaces": {"source": SOURCE, "id": "r-1"}}
    assert told(send(desk, manifest([])))["not_listed"] == numbers(1)
    assert desk.send(gone).status_code == 200
    assert told(desk.ask("/v1/manifests/list-1"))["state"] == "equal"
    listed = told(send(desk, manifest(numbers(1), "list-2")))
    assert (listed["state"], listed["not_received"], listed["elsewhere"]) == ("different", numbers(1), [])


def test_a_correction_of_what_is_not_there_puts_nothing_on_a_list(desk: Desk) -> None:
    """A wrong number in a correction's subject makes no report of that day; its source is told that it waits."""
    wrong = report(1, id="x", type="lookup.correction", data__persons=None)
    wrong["data"] |= {"reason": "wrong_entry", "approver": "Y00001"}
    wrong["data"] |= {"replaces": {"source": SOURCE, "id": "r-9"}}
    assert desk.send(wrong).status_code == 202
    compared = told(send(desk, manifest([])))
    assert (compared["not_listed"], compared["counts"]["received"]) == ([], 0)
    (waits,) = desk.ask("/v1/waiting", query=f"day={DAY}").get_json()["waiting"]
    assert (waits["id"], waits["lacks"]) == ("x", "original")
    desk.send(report(1))
    assert told(desk.ask("/v1/manifests/list-1"))["not_listed"] == numbers(1)


def test_another_source_sees_and_names_nothing_of_this_one(desk: Desk) -> None:
    """A list is found by its own source only, and numbers of foreign places are missing, not told to exist."""
    tell(desk, 1)
    send(desk, manifest(numbers(1)))
    context = desk.context
    made = register(context, "tester", "far", "远溪市110", "urn:far:110", Scope(("3698",), ()))
    assert isinstance(made, ClientRow)
    far = {"key": desk.keyed("hmac-sha256", SEED, "far"), "algorithm": "hmac-sha256"}
    assert desk.ask("/v1/manifests/list-1", **far).status_code == 404
    answer = told(send(desk, manifest(numbers(1)), **far))
    assert (answer["not_received"], answer["elsewhere"]) == (numbers(1), [])
    assert told(desk.ask("/v1/digests", query=f"day={DAY}", **far))["days"][0]["count"] == 0
    rescope(context, "tester", "far", Scope(("369901",), ()))
    assert told(desk.ask("/v1/manifests/list-1", **far))["elsewhere"] == numbers(1)


def test_a_replayed_list_is_refused(sqlite_desk: Desk) -> None:
    """Each signature hands over or asks once."""
    nonce = "n" * 20
    assert send(sqlite_desk, manifest(numbers(1)), nonce=nonce).status_code == 200
    for response in (
        send(sqlite_desk, manifest(numbers(1)), nonce=nonce),
        sqlite_desk.ask("/v1/manifests/list-1", nonce=nonce),
        sqlite_desk.ask("/v1/digests", query=f"day={DAY}", nonce=nonce),
    ):
        assert rule(response) == "signature-replayed"


def test_no_number_enters_the_ledger(sqlite_desk: Desk) -> None:
    """Receipt, question and digest leave entries that say which list, never which numbers."""
    send(sqlite_desk, manifest(numbers(1, 2), unit="369901000000"))
    sqlite_desk.ask("/v1/manifests/list-1")
    sqlite_desk.ask("/v1/digests", query=f"day={DAY}&unit={UNIT}")
    entries = details(sqlite_desk)
    assert [entry["outcome"] for entry in entries] == [5, 1, 1]
    assert entries[0] == {
        "client": "yunxi", "list": "list-1", "day": DAY, "unit": "369901000000",
        "part": 1, "parts": 1, "numbers": 2, "outcome": 5,
    }  # fmt: skip
    assert number(1) not in json.dumps(entries)


@pytest.mark.parametrize("name", [f"{DAY}-{UNIT}", f"{DAY}.20260302235959"])
def test_a_list_may_be_named_by_its_unit_and_a_moment(sqlite_desk: Desk, name: str) -> None:
    """As `lookup reconcile manifest` names one of a unit, and others the newest of a day."""
    assert send(sqlite_desk, manifest(numbers(1), manifest=name, unit=UNIT)).status_code == 200
    assert sqlite_desk.ask(f"/v1/manifests/{name}").status_code == 200
    assert [entry["list"] for entry in details(sqlite_desk)] == [name, name]


@pytest.mark.parametrize("name", ["19900001234", number(1), "zhang-san"])
def test_a_list_that_nobody_has_sent_is_not_named_by_the_ledger(sqlite_desk: Desk, name: str) -> None:
    """Whatever is asked for, a number or a person, the entry only says that there was no such list."""
    assert sqlite_desk.ask(f"/v1/manifests/{name}").status_code == 404
    assert details(sqlite_desk) == [{"client": "yunxi", "outcome": 2}]


def test_digests_find_the_day_and_unit_that_differ(desk: Desk) -> None:
    """Count and hash by day and unit are those of the source's own lists; neighbouring days are apart."""
    tell(desk, 1, 2)
    tell(desk, 3, data__unit=OTHER)
    tell(desk, 4, time="2026-03-03T00:00:00+08:00", data__entered_at="2026-03-03T00:00:00+08:00")
    first, second = told(desk.ask("/v1/digests", query=f"day={DAY}&until=2026-03-03"))["days"]
    assert first == {
        "day": DAY, "count": 3, "hash": hashed(numbers(1, 2, 3)),
        "units": [
            {"unit": UNIT, "count": 2, "hash": hashed(numbers(2, 1))},
            {"unit": OTHER, "count": 1, "hash": hashed(numbers(3))},
        ],
    }  # fmt: skip
    assert (second["day"], second["hash"]) == ("2026-03-03", hashed(numbers(4)))
    only = told(desk.ask("/v1/digests", query=f"day={DAY}&unit=369902000000"))["days"][0]
    assert (only["count"], only["hash"]) == (1, hashed(numbers(3)))


@pytest.mark.parametrize(
    ("query", "pointer", "broken"),
    [
        ("", "/day", "wire.missing"),
        ("day=today", "/day", "wire.day"),
        ("day=2026-9-2", "/day", "wire.day"),
        ("day=20260302", "/day", "wire.day"),
        ("day=2026-03-02&unit=3699", "/unit", "wire.format"),
        ("day=1989-12-31", "/day", "wire.day"),
        ("day=9999-12-31", "/day", "wire.day"),
        ("day=2026-03-02&until=9999-12-31", "/until", "wire.day"),
        ("day=2026-03-02&Unit=369901510000", "", "query.unknown"),
        ("day=2026-03-02&until=2026-03-01", "/until", "digest.range"),
        ("day=2026-03-02&until=2026-04-02", "/until", "digest.range"),
        ("day=2026-03-02&unit=360100000000", "/unit", "scope.unit"),
    ],
)
def test_a_wrong_question_is_refused_with_parameter_and_rule(
    sqlite_desk: Desk, query: str, pointer: str, broken: str
) -> None:
    """A digest is of at most 31 days, of a unit the client speaks for."""
    response = sqlite_desk.ask("/v1/digests", query=query)
    assert (response.status_code, fault(response)) == (400, (pointer, broken))


def test_event_types_do_not_limit_lists(sqlite_desk: Desk) -> None:
    """A client that may send only some types of events may still send lists: they are about its source."""
    narrowed = rescope(sqlite_desk.context, "tester", "yunxi", Scope(("3699",), ("transition",)))
    assert isinstance(narrowed, ClientRow)
    assert send(sqlite_desk, manifest(numbers(1))).status_code == 200


def test_the_push_role_has_the_rights_it_needs(postgres_url: str) -> None:
    """Under its own PostgreSQL role the surface takes parts, compares and answers; it can not change what was taken."""
    owner = open_database(postgres_url)
    migrate.upgrade(owner)
    desk = Desk(owner)
    surface = open_database(postgres_url, role="lookup_push")
    desk.app.extensions["lookup"] = replace(desk.context, database=surface)
    for part in parts([numbers(1), numbers(2)]):
        send(desk, part)
    tell(desk, 1)
    assert told(desk.ask("/v1/manifests/list-1"))["not_received"] == numbers(2)
    assert told(desk.ask("/v1/digests", query=f"day={DAY}"))["days"][0]["count"] == 1
    with pytest.raises(DBAPIError, match="permission denied"), surface.write() as conn:
        conn.execute(text("UPDATE manifest_part SET numbers = ''"))
    surface.close()
    owner.close()
