"""Handing over events: once each, refused ones kept and explained, neighbours unharmed."""

from __future__ import annotations

import itertools
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import select, text

from lookup.domain.calendar import SHANGHAI
from lookup.services.sealing import unseal
from lookup.services.shelf import QUARANTINE_PURPOSE
from lookup.storage import tables
from lookup.storage.database import Database
from lookup.storage.quarantine_tables import quarantine
from tests.support.pushing import BATCH, LINES, NUMBER, SOURCE, Desk, count, dump, event, later, rule

PHONE, CITIZEN_ID, NAME = "19900001234", "999999200001010011", "云小溪"


def quarantined(desk: Desk) -> list[tuple[str, dict[str, Any], bytes]]:
    """Event id, problem and opened body of everything in quarantine, oldest first."""
    with desk.context.database.read() as conn:
        rows = conn.execute(text("SELECT event, problem, sealed FROM quarantine ORDER BY id")).all()
    key = desk.context.settings.seal_key
    opened = [
        (row.event, json.loads(row.problem), unseal(key, QUARANTINE_PURPOSE, bytes(row.sealed)))
        for row in rows
    ]
    assert all(body is not None for _, _, body in opened)
    return [(id_, problem, body or b"") for id_, problem, body in opened]


def raw_rows(desk: Desk) -> str:
    """Everything that the push tables hold, as text."""
    held = (tables.incident, tables.second_fact, tables.event, quarantine, tables.audit_entry)
    with desk.context.database.read() as conn:
        return repr([list(map(tuple, conn.execute(select(table)).all())) for table in held])


def entries(desk: Desk) -> int:
    """How many ledger entries there are."""
    with desk.context.database.read() as conn:
        return int(conn.execute(text("SELECT count(*) FROM audit_entry")).scalar_one())


def test_the_same_event_gets_the_same_bytes(database: Database) -> None:
    """Idempotent by (source, id): status and body are those of the first answer, with another key order too."""
    desk = Desk(database)
    first, again = desk.send(event()), desk.send(dict(reversed(event().items())))
    assert (first.status_code, first.data) == (again.status_code, again.data)
    assert "Lookup-Repeated" not in first.headers
    assert again.headers["Lookup-Repeated"] == "true"
    assert first.headers["Lookup-Entry"] != again.headers["Lookup-Entry"]


def test_the_same_id_with_another_body_is_a_conflict(database: Database) -> None:
    """The second one is kept in quarantine and the first one stands."""
    desk = Desk(database)
    desk.send(event())
    response = desk.send(event(time="2026-03-02T08:14:06+08:00"))
    assert (rule(response), response.status_code) == ("conflict", 409)
    assert response.get_json()["errors"][0]["pointer"] == "/id"
    assert [id_ for id_, _, _ in quarantined(desk)] == ["e-1"]


def test_an_illegal_transition_names_field_and_rule_and_is_kept_sealed(database: Database) -> None:
    """422 with pointer, rule and both languages; the event is in quarantine without a readable phone number."""
    desk = Desk(database)
    desk.send(event())
    persons = [{"role": "victim", "phone": PHONE, "id_number": CITIZEN_ID, "name": NAME}]
    response = desk.send(later("e-2", "J95", 20, data__from="J10", data__persons=persons))
    told = response.get_json()
    assert (rule(response), response.status_code, told["quarantined"]) == ("event-refused", 422, True)
    assert told["errors"][0]["pointer"].startswith("/data/")
    assert told["errors"][0]["rule"].startswith("R2026/")
    assert set(told["errors"][0]["text"]) == {"zh-Hans", "en"}
    ((id_, problem, body),) = quarantined(desk)
    assert (id_, problem["rule"]) == ("e-2", told["errors"][0]["rule"])
    assert NAME in json.loads(body)["data"]["persons"][0]["name"]
    for secret in (PHONE, CITIZEN_ID, NAME):
        assert secret not in raw_rows(desk)


def test_an_article_is_told_only_where_a_law_says_so(sqlite_desk: Desk) -> None:
    """Alone, in a batch and in quarantine: a rule without an article brings no empty one."""
    unlawful = later("e-2", "J95", 20, data__from="J10")
    unknown = later("e-3", "Z99", 20)
    alone = [sqlite_desk.send(each).get_json()["errors"][0] for each in (unlawful, unknown)]
    batch = sqlite_desk.send([unlawful, unknown], media=BATCH).get_json()["results"]
    kept = sqlite_desk.ask("/v1/quarantine").get_json()["items"]
    for with_law, without in (alone, [each["errors"][0] for each in batch], kept):
        assert all(with_law["article"].values())
        assert "article" not in without


def test_no_person_stays_readable(database: Database) -> None:
    """Phone, citizen ID and name of an accepted event are nowhere in the database."""
    desk = Desk(database)
    persons = [
        {"role": "reporter", "phone": PHONE},
        {"role": "victim", "id_number": CITIZEN_ID, "name": NAME, "phone": PHONE},
    ]
    assert desk.send(event(data__persons=persons)).status_code == 200
    for secret in (PHONE, CITIZEN_ID, NAME):
        assert secret not in raw_rows(desk)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_events_may_come_in_any_order(sqlite_desk: Desk, order: tuple[int, ...]) -> None:
    """Every order of arrival ends in the same story; what is too early waits."""
    story = [
        event(data__persons=None),
        later("e-2", "J20", 20, data__from="J10"),
        later("e-3", "J30", 30, data__from="J20"),
    ]
    answers = [sqlite_desk.send(story[index]) for index in order]
    assert {response.status_code for response in answers} <= {200, 202}
    with sqlite_desk.context.database.read() as conn:
        told = json.loads(conn.execute(text("SELECT story FROM incident")).scalar_one())
    assert told["state"] == "J30"


@pytest.mark.parametrize(
    ("changes", "pointer", "found"),
    [
        ({"source": "urn:other"}, "/source", "scope.source"),
        ({"data__unit": "110101510000"}, "/data/unit", "scope.unit"),
        ({"data__unit": "3699"}, "/data/unit", "wire.format"),
        ({"subject": "36990126139908140501"}, "/subject", "number.incident_number.time"),
        ({"time": 1772410445}, "/time", "wire.time"),
        ({"time": "2026-03-02T08:14:05"}, "/time", "wire.time"),
        ({"time": "2026-02-30T08:14:05Z"}, "/time", "wire.time"),
        ({"time": "0001-01-01T00:00:00+08:00"}, "/time", "wire.time_range"),
        ({"data__entered_at": "2199-01-01T00:00:00Z"}, "/data/entered_at", "time.future"),
        ({"type": "lookup.unknown"}, "/type", "wire.value"),
        ({"specversion": "0.3"}, "/specversion", "wire.value"),
        ({"data": None}, "/data", "wire.missing"),
        ({"comment": "x"}, "", "wire.unknown_member"),
        ({"data__note": "x"}, "/data", "wire.unknown_member"),
        ({"data__reason": "已经处理完毕，当事人和解。"}, "/data/reason", "wire.format"),
        ({"data__to": "NOWHERE"}, "/data/to", "wire.format"),
        ({"data__case": "A36"}, "/data/case", "wire.format"),
        ({"data__persons": [{"role": "reporter", "phone": "123"}]}, "/data/persons/0/phone", "number.phone.too_short"),
        (
            {"data__persons": [{"role": "victim", "id_number": "369999199001010010"}]},
            "/data/persons/0/id_number",
            "number.citizen_id.check",
        ),
        ({"data__document": {"code": "x", "number": "17"}}, "/data/document/number", "number.document_number.shape"),
        ({"id": "\ud800"}, "/id", "wire.type"),
        ({"sequence": "one"}, "/sequence", "wire.format"),
    ],
)  # fmt: skip
def test_a_wrong_member_is_named(
    sqlite_desk: Desk, changes: dict[str, Any], pointer: str, found: str
) -> None:
    """Each refusal names the member and the rule, and what was sent is in quarantine."""
    body = json.dumps(event(**changes)).encode()
    response = sqlite_desk.send(body)
    assert response.status_code == 422
    assert (pointer, found) in [(each["pointer"], each["rule"]) for each in response.get_json()["errors"]]
    ((_, problem, kept),) = quarantined(sqlite_desk)
    assert json.loads(kept) == json.loads(body)
    assert problem["rule"] == response.get_json()["errors"][0]["rule"]


@pytest.mark.parametrize("ahead", [299, 302])
@pytest.mark.parametrize("where", ["/time", "/data/entered_at", "/data/document/served_at"])
def test_no_time_lies_further_ahead_than_clocks_may_differ(
    database: Database, where: str, ahead: int
) -> None:
    """300 seconds are tolerated; beyond them the event is refused at once, with field and rule, and kept."""
    desk = Desk(database)
    with time_machine.travel(datetime(2026, 3, 2, 9, 0, tzinfo=SHANGHAI), tick=False):
        late = (datetime.now(SHANGHAI) + timedelta(seconds=ahead)).isoformat()
        usual = {"/time": "time", "/data/entered_at": "data__entered_at"}
        changes: dict[str, Any] = {usual[where]: late} if where in usual else {}
        if where == "/time":
            changes["data__entered_at"] = late
        if not changes:
            changes = {"data__document": {"code": "receipt", "served_at": late}}
        response = desk.send(event(**changes))
    if ahead < 300:
        assert "time.future" not in response.get_data(as_text=True)
        return
    assert response.status_code == 422
    assert (where, "time.future") in [(e["pointer"], e["rule"]) for e in response.get_json()["errors"]]
    assert [problem["rule"] for _, problem, _ in quarantined(desk)] == ["time.future"]


def test_a_refusal_never_repeats_what_was_sent(sqlite_desk: Desk) -> None:
    """Neither values nor odd member names come back, and the reason in quarantine has none either."""
    changes: dict[str, Any] = {
        PHONE: "x",
        "data__reason": PHONE,
        "data__persons": [{"role": NAME, "phone": CITIZEN_ID, NAME: 1}],
    }
    response = sqlite_desk.send(event(**changes))
    assert response.status_code == 422
    for secret in (PHONE, CITIZEN_ID, NAME):
        assert secret not in response.get_data(as_text=True)
        assert secret not in raw_rows(sqlite_desk)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b"", "json.syntax"),
        (b"{", "json.syntax"),
        (b'{"a": NaN}', "json.syntax"),
        (b'{"a": Infinity}', "json.syntax"),
        (b"\xff\xfe", "json.encoding"),
        (b"\xef\xbb\xbf{}", "json.encoding"),
        (b"[" * 100_000, "json.depth"),
        (b"[" * 50 + b"]" * 50, "json.depth"),
        (b"1" * 5000, "json.syntax"),
    ],
)
def test_a_body_that_is_no_json_is_refused_and_kept(sqlite_desk: Desk, body: bytes, found: str) -> None:
    """400 with the reason, and the signed bytes are in quarantine as they came."""
    response = sqlite_desk.send(body)
    assert (response.status_code, rule(response)) == (400, "not-json")
    assert response.get_json()["errors"][0]["rule"] == found
    assert [kept for _, _, kept in quarantined(sqlite_desk)] == [body]


@pytest.mark.parametrize("body", [b"null", b"1", b'"x"', b"[]", b"true", b"1e999"])
def test_json_that_is_no_object_is_refused_and_kept(sqlite_desk: Desk, body: bytes) -> None:
    """An event is an object."""
    response = sqlite_desk.send(body)
    assert response.status_code == 422
    assert len(quarantined(sqlite_desk)) == 1


def test_a_repeated_member_spoils_its_event_only(database: Database) -> None:
    """Two members of one name are a fault of that event; its neighbour is taken."""
    desk = Desk(database)
    good, twice = dump(event()), dump(event("e-2"))[:-1] + b', "id": "e-3"}'
    told = desk.send(b"[" + good + b"," + twice + b"]", BATCH).get_json()
    assert [each["outcome"] for each in told["results"]] == ["accepted", "quarantined"]
    assert told["results"][1]["errors"][0]["rule"] == "json.repeated_member"


def test_one_bad_event_never_harms_its_neighbours(database: Database) -> None:
    """A batch answers each event in order: accepted, waiting, duplicate, conflict, quarantined."""
    desk = Desk(database)
    desk.send(event("e-0", subject="36990126030208140502"))
    batch = [
        event(),
        7,
        later("e-3", "J30", 30, data__from="J20"),
        event("e-9", data__unit="110101510000", subject="36990126030208140503"),
        event("e-0", subject="36990126030208140502"),
        event("e-0", subject="36990126030208140504"),
        event(),
    ]
    response = desk.send(batch, BATCH)
    told = response.get_json()
    outcomes = [each["outcome"] for each in told["results"]]
    assert outcomes == [
        "accepted",
        "quarantined",
        "waiting",
        "quarantined",
        "duplicate",
        "conflict",
        "duplicate",
    ]
    assert [each["index"] for each in told["results"]] == list(range(7))
    assert told["counts"] == {"accepted": 1, "waiting": 1, "duplicate": 2, "conflict": 1, "quarantined": 2}
    assert told["results"][4]["first"] == "accepted"
    assert told["results"][4]["reference"]
    assert len({each["entry"] for each in told["results"]}) == 7
    assert len(quarantined(desk)) == 3


def test_a_batch_sent_again_changes_nothing(database: Database) -> None:
    """After an interruption the whole batch can simply be sent again."""
    desk = Desk(database)
    batch = [event(), later("e-2", "J20", 20)]
    desk.send(batch, BATCH)
    told = desk.send(batch, BATCH).get_json()
    assert told["counts"]["duplicate"] == 2
    with database.read() as conn:
        assert conn.execute(text("SELECT count(*) FROM event")).scalar_one() == 2


@pytest.mark.parametrize("body", [{}, [], [1] * 1001])
def test_a_batch_is_an_array_of_1_to_1000(sqlite_desk: Desk, body: object) -> None:
    """Another shape is refused as a whole, and kept."""
    assert rule(sqlite_desk.send(body, BATCH)) == "batch-shape"
    assert len(quarantined(sqlite_desk)) == 1


def test_lines_are_answered_line_by_line(database: Database) -> None:
    """NDJSON: a line that is no JSON harms no other line."""
    desk = Desk(database)
    body = dump(event()) + b"\n{broken\n\n" + dump(later("e-2", "J20", 20)) + b"\n"
    response = desk.send(body, LINES)
    told = [json.loads(line) for line in response.data.splitlines()]
    assert response.mimetype == LINES
    assert [each["outcome"] for each in told] == ["accepted", "quarantined", "accepted"]
    assert told[1]["errors"][0]["rule"] == "json.syntax"


def test_a_dry_run_judges_and_changes_nothing(database: Database) -> None:
    """The outcome is told without a reference; no event, incident or quarantine row is made, one entry is."""
    desk = Desk(database)
    before = entries(desk)
    good = desk.send(event(), query="dry_run=1")
    bad = desk.send(event(data__to="Z99"), query="dry_run=1")
    assert (good.status_code, good.get_json()["outcome"]) == (200, "accepted")
    assert "reference" not in good.get_json()
    assert bad.status_code == 422
    assert "quarantined" not in bad.get_json()
    assert [count(database, t) for t in (tables.event, tables.incident, quarantine)] == [0, 0, 0]
    assert entries(desk) == before + 2


@pytest.mark.parametrize("media", ["text/plain", "application/json", "multipart/form-data", "", "\x00"])
def test_another_content_type_is_refused(sqlite_desk: Desk, media: str) -> None:
    """415 with the accepted types in the text, and an entry."""
    response = sqlite_desk.send(event(), media)
    assert (rule(response), response.status_code) == ("media-type", 415)
    assert response.headers["Lookup-Entry"]


def test_a_body_over_the_limit_is_refused(sqlite_desk: Desk) -> None:
    """413 before anything is read, and an entry."""
    response = sqlite_desk.send(b" " * (4 * 1024 * 1024 + 1))
    assert (rule(response), response.status_code) == ("too-large", 413)
    assert response.headers["Lookup-Entry"]


def test_unknown_addresses_methods_and_parameters_are_problems(sqlite_desk: Desk) -> None:
    """404, 405 and 400 are problem documents too, each with its entry."""
    for path in ("/v1/nothing", "/v1//whoami", "/v1/whoami/"):
        assert rule(sqlite_desk.ask(path)) == "not-found"
    wrong = sqlite_desk.web.get("/v1/events")
    assert (rule(wrong), wrong.headers["Allow"]) == ("method", "POST")
    for query, pointer, code in (
        ("dryrun=1", "", "query.unknown"),
        ("dry%00run=1", "", "query.unknown"),
        ("dry_run=2", "/dry_run", "query.value"),
        ("dry_run=1&dry_run=1", "/dry_run", "query.value"),
    ):
        answer = sqlite_desk.send(event(), query=query)
        first = answer.get_json()["errors"][0]
        assert (rule(answer), first["pointer"], first["rule"]) == ("bad-request", pointer, code)


def test_a_client_may_be_limited_to_kinds_of_events(database: Database) -> None:
    """An event of another kind is refused and kept."""
    desk = Desk(database, kinds=("document",))
    told = desk.send(event()).get_json()
    assert [(each["pointer"], each["rule"]) for each in told["errors"]] == [("/type", "scope.kind")]
    assert len(quarantined(desk)) == 1


def test_an_incident_of_another_prefecture_is_closed(database: Database) -> None:
    """A client can not speak of an incident that only other prefectures were concerned with."""
    desk = Desk(database, units=("3699", "3698"))
    foreign = f"3698{NUMBER[4:]}"
    desk.send(event(subject=foreign, data__unit="369801510000"))
    other = Desk.__new__(Desk)
    other.__dict__.update(desk.__dict__)
    with database.write() as conn:
        conn.execute(text("UPDATE client SET units = '[\"3699\"]'"))
    told = other.send(later("e-2", "J20", 20, subject=foreign)).get_json()
    assert [(each["pointer"], each["rule"]) for each in told["errors"]] == [("/subject", "scope.incident")]
    assert (told["quarantined"], told["id"]) == (True, "e-2")


def test_whoever_speaks_first_does_not_keep_out_the_division_of_the_number(database: Database) -> None:
    """A foreign client that told first of a number takes nothing away from the prefecture that the number names."""
    desk = Desk(database, units=("3698",))
    assert desk.send(event(data__unit="369801510000")).status_code == 200
    with database.write() as conn:
        conn.execute(text("UPDATE client SET units = '[\"3699\"]'"))
    assert desk.send(later("e-2", "J20", 20)).status_code == 200


def test_a_foreign_source_can_not_touch_anothers_events(database: Database) -> None:
    """The same id under a foreign source is no conflict with it, and gets no reference of it."""
    desk = Desk(database)
    desk.send(event())
    with database.write() as conn:
        conn.execute(text("UPDATE client SET source = 'urn:yunxi:cases'"))
    response = desk.send(event())
    assert response.status_code == 422
    assert "reference" not in response.get_data(as_text=True)
    with database.read() as conn:
        rows = conn.execute(text("SELECT source, event FROM quarantine")).all()
    assert [row.source for row in rows] == ["urn:yunxi:cases"]
    assert rows[0].event.startswith("sha256:")


def test_problems_come_in_the_language_asked_for(sqlite_desk: Desk) -> None:
    """Chinese unless English is asked for."""
    chinese = sqlite_desk.web.get("/v1/nothing")
    english = sqlite_desk.web.get("/v1/nothing", headers={"Accept-Language": "en"})
    assert chinese.headers["Content-Language"] == "zh-Hans"
    assert "地址" in chinese.get_json()["title"]
    assert english.get_json()["title"] == "There is nothing at this address"
    assert (SOURCE, NUMBER) == ("urn:yunxi:110", "36990126030208140501")


def test_a_broken_database_is_503_and_says_send_again(sqlite_desk: Desk) -> None:
    """A machine that fails answers with a problem without detail and with Retry-After."""
    sqlite_desk.context.database.close()
    with sqlite_desk.context.database.write() as conn:
        conn.execute(text("DROP TABLE push_nonce"))
    response = sqlite_desk.send(event())
    assert (rule(response), response.status_code) == ("unavailable", 503)
    assert response.headers["Retry-After"]
    assert "push_nonce" not in response.get_data(as_text=True)
