"""`POST /v1/gaps`: a source declares that missing numbers were never used. It can hide nothing by that."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, get_args

import pytest
import time_machine
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from werkzeug.test import TestResponse

from lookup.domain.sequence import UNUSED_REASONS
from lookup.ledger.entry import OUTCOME_NAMES
from lookup.services.follow_sequences import fold
from lookup.storage import migrate, tables, unused
from lookup.storage.database import Database, open_database
from lookup.storage.oversight_tables import sequence_unused
from lookup.storage.unused import Unused
from lookup.web.push.unused_wire import UnusedIn
from tests.support import contexts
from tests.support.databases import waits_for_lock
from tests.support.pushing import LINES, SOURCE, Desk, count, dump, event, rule
from tests.support.waiting import until


@pytest.fixture
def desk(database: Database) -> Desk:
    """A desk at which 1 to 3, 8, and 20 have come, long ago."""
    desk = Desk(database)
    with time_machine.travel(time.time() - 3600):
        come(desk, 1, 2, 3, 8, 20)
    return desk


def come(desk: Desk, *numbers: int) -> None:
    """Push one first event of a report for each number."""
    lines = [event(f"e-{n}", sequence=str(n), subject=f"369901260302081405{n:02}") for n in numbers]
    answer = desk.send(b"\n".join(map(dump, lines)), LINES).get_data(as_text=True)
    assert answer.count('"accepted"') == len(numbers)


def declare(desk: Desk, first: int, last: int, reason: str = "rolled_back", **signing: Any) -> TestResponse:
    """Post a declaration."""
    said = {"source": SOURCE, "first": str(first), "last": str(last), "reason": reason}
    return desk.send(said, "application/json", "/v1/gaps", **signing)


def gaps(desk: Desk) -> list[tuple[str, str]]:
    """The gaps as the source is told."""
    return [(gap["first"], gap["last"]) for gap in desk.ask("/v1/gaps").get_json()["gaps"]]


def fault(response: TestResponse) -> tuple[str, str]:
    """Pointer and rule of the first error of a refused declaration."""
    assert rule(response) == "unused-refused"
    first = response.get_json()["errors"][0]
    return first["pointer"], first["rule"]


def entries(desk: Desk) -> list[tuple[str, dict[str, Any]]]:
    """Outcome and detail of the entries of declarations."""
    entry = tables.audit_entry.c
    query = select(entry.outcome, entry.detail).where(entry.action == 25).order_by(entry.seq)
    with desk.context.database.read() as conn:
        return [(OUTCOME_NAMES[outcome], json.loads(detail)) for outcome, detail in conn.execute(query)]


def test_declared_numbers_are_missing_no_longer_and_are_told_apart(desk: Desk) -> None:
    """What is left of the gap stays; the declaration is told with its reason, folded by the worker or not."""
    answer = declare(desk, 5, 6)
    said = answer.get_json()
    assert said | {"declared_at": ""} == {
        "source": SOURCE, "first": "5", "last": "6", "reason": "rolled_back", "declared_at": "",
    }  # fmt: skip
    for _ in range(2):
        told = desk.ask("/v1/gaps").get_json()
        assert [(g["first"], g["last"]) for g in told["gaps"]] == [("4", "4"), ("7", "7"), ("9", "19")]
        assert (told["missing"], told["unused"]) == (13, 2)
        del said["source"]
        assert told["declared"] == [said | {"came": []}]
        said["source"] = SOURCE
        fold(contexts.worker(desk.context.database))
    place = answer.headers["Lookup-Entry"]
    with desk.context.database.read() as conn:
        assert conn.execute(select(sequence_unused.c.entry)).scalar_one() == place
    detail = {"client": "yunxi", "range": "5-6", "reason": "rolled_back"}
    assert entries(desk) == [("accepted", detail)]


def test_the_same_declaration_again_is_answered_as_before(desk: Desk) -> None:
    """Any number of times, also when one of its numbers has come since; with another reason or end it is refused."""
    first = declare(desk, 5, 6)
    come(desk, 5)
    again = declare(desk, 5, 6)
    assert (again.get_json(), again.headers["Lookup-Repeated"]) == (first.get_json(), "true")
    assert fault(declare(desk, 6, 6)) == ("/first", "unused.declared")
    assert fault(declare(desk, 6, 7, "counter_moved")) == ("/first", "unused.declared")
    assert [outcome for outcome, _ in entries(desk)] == ["accepted", "duplicate", "refused", "refused"]
    assert count(desk.context.database, sequence_unused) == 1


def test_an_event_under_a_declared_number_is_taken_and_told_as_a_contradiction(desk: Desk) -> None:
    """Its answer is that of any event, nothing of the gap comes back, and the declaration says which number came."""
    declare(desk, 9, 19, "counter_moved")
    fold(contexts.worker(desk.context.database))
    come(desk, 12)
    refused = desk.send(event("e-14", sequence="14", time="yesterday"))
    assert rule(refused) == "event-refused"
    fold(contexts.worker(desk.context.database))
    told = desk.ask("/v1/gaps").get_json()
    assert told["declared"][0]["came"] == ["12", "14"]
    assert [(g["first"], g["last"]) for g in told["gaps"]] == [("4", "7")]


def test_only_missing_numbers_can_be_declared(desk: Desk) -> None:
    """One that has come, one below the first or above the last, and any number of a source that never counted."""
    for first, last in ((8, 8), (7, 9), (1, 4), (3, 3)):
        assert fault(declare(desk, first, last)) == ("/first", "unused.came")
    for first, last in ((0, 0), (21, 21), (19, 21)):
        assert fault(declare(desk, first, last)) == ("/first", "unused.gap")
    assert gaps(desk) == [("4", "7"), ("9", "19")]
    assert {outcome for outcome, _ in entries(desk)} == {"refused"}
    assert entries(desk)[0][1]["rule"] == "unused.came"


def test_a_source_that_never_counted_has_nothing_to_declare(sqlite_desk: Desk) -> None:
    """Nothing is missing of a sequence that has not begun."""
    assert fault(declare(sqlite_desk, 1, 1)) == ("/first", "unused.gap")


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"source": "urn:other"}, "/source", "scope.source"),
        ({"first": "7", "last": "6"}, "/last", "unused.order"),
        ({"first": "4", "last": "10004"}, "/last", "unused.width"),
        ({"reason": "because of Mr Lin"}, "/reason", "wire.value"),
        ({"first": 4}, "/first", "wire.type"),
        ({"first": "-4"}, "/first", "wire.format"),
        ({"last": "9" * 19}, "/last", "wire.format"),
        ({"note": "x"}, "", "wire.unknown_member"),
        ({"reason": None}, "/reason", "wire.missing"),
    ],
    ids=str,
)
def test_a_wrong_body_says_where(sqlite_desk: Desk, changes: dict[str, Any], pointer: str, code: str) -> None:
    """Another's source, a wrong order, too wide, free text, wrong forms: pointer and rule, and an entry of it."""
    come(sqlite_desk, 1, 20)
    said = {"source": SOURCE, "first": "4", "last": "5", "reason": "rolled_back"} | changes
    body = {name: value for name, value in said.items() if value is not None}
    assert fault(sqlite_desk.send(body, "application/json", "/v1/gaps")) == (pointer, code)
    assert entries(sqlite_desk) == [("refused", {"rule": code, "client": "yunxi"})]
    assert count(sqlite_desk.context.database, sequence_unused) == 0


def test_the_wire_knows_the_reasons_of_the_domain() -> None:
    """No reason has words and is refused, or is taken and has none."""
    assert get_args(UnusedIn.model_fields["reason"].annotation) == tuple(UNUSED_REASONS)


def test_what_is_no_declaration_at_all_is_refused(sqlite_desk: Desk) -> None:
    """Not JSON, not an object, another content type, a wrong parameter, a signature used before."""
    path = "/v1/gaps"
    assert rule(sqlite_desk.send(b"{", "application/json", path)) == "not-json"
    assert fault(sqlite_desk.send([], "application/json", path)) == ("", "wire.type")
    assert rule(sqlite_desk.send({}, "text/plain", path)) == "media-type"
    wrong = declare(sqlite_desk, 1, 1, query="dry_run=2")
    assert (rule(wrong), wrong.get_json()["errors"][0]["pointer"]) == ("bad-request", "/dry_run")
    declare(sqlite_desk, 1, 1, nonce="n" * 20)
    assert rule(declare(sqlite_desk, 1, 1, nonce="n" * 20)) == "signature-replayed"


def test_a_rehearsal_keeps_nothing_but_its_entry(desk: Desk) -> None:
    """The answer is the same, and the numbers are still missing."""
    said = declare(desk, 5, 6, query="dry_run=1")
    assert (said.status_code, said.get_json()["last"]) == (200, "6")
    assert fault(declare(desk, 8, 8, query="dry_run=1")) == ("/first", "unused.came")
    assert count(desk.context.database, sequence_unused) == 0
    assert gaps(desk) == [("4", "7"), ("9", "19")]
    assert [detail["dry_run"] for _, detail in entries(desk)] == [1, 1]


def test_numbers_that_may_be_on_their_way_can_be_declared(sqlite_desk: Desk) -> None:
    """A source knows at once that its transaction was rolled back, and need not wait for the grace time."""
    come(sqlite_desk, 1, 4)
    assert declare(sqlite_desk, 2, 3).status_code == 200
    assert sqlite_desk.ask("/v1/gaps").get_json()["settling"] == 0


def test_the_same_declaration_from_many_at_once_is_kept_once(desk: Desk) -> None:
    """Four requests at the same time: one declaration, four answers alike."""
    said = dump({"source": SOURCE, "first": "9", "last": "10", "reason": "other_use"})

    def send(_: int) -> str:
        headers = desk.signing().headers("POST", "/v1/gaps", "application/json", said)
        answer = desk.app.test_client().post("/v1/gaps", data=said, headers=headers)
        assert answer.status_code == 200
        return answer.get_data(as_text=True)

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(send, range(4)))) == 1
    assert count(desk.context.database, sequence_unused) == 1


@pytest.mark.parametrize("migrated_url", ["postgresql"], indirect=True)
def test_declarations_of_a_source_are_judged_one_after_another(desk: Desk) -> None:
    """One that overlaps another under way waits for it and is refused, so that no number is declared twice."""
    database = desk.context.database
    with ThreadPoolExecutor(1) as pool:
        with database.write() as conn:
            unused.alone(conn, SOURCE)
            unused.add(conn, Unused(0, "yunxi", SOURCE, 10, 12, "rolled_back", 1, "1-1"))
            second = pool.submit(declare, desk, 9, 11)
            until(lambda: waits_for_lock(database))
        assert fault(second.result()) == ("/first", "unused.declared")
    assert desk.ask("/v1/gaps").get_json()["unused"] == 3


@pytest.mark.parametrize("role", ["lookup_push", "lookup_console", "lookup_worker", "lookup_citizen"])
def test_nobody_may_change_or_take_back_a_declaration(postgres_url: str, role: str) -> None:
    """On PostgreSQL no role may update or delete one, and only the push surface makes them."""
    owner = open_database(postgres_url)
    migrate.upgrade(owner)
    owner.close()
    database = open_database(postgres_url, role=role)
    forbidden = ["UPDATE sequence_unused SET last = 9", "DELETE FROM sequence_unused"]
    if role != "lookup_push":
        values = (
            "(client, source, first, last, reason, declared, entry) VALUES ('c', 's', 1, 1, 'r', 1, '1-1')"
        )
        forbidden.append(f"INSERT INTO sequence_unused {values}")
    for statement in forbidden:
        with pytest.raises(DBAPIError, match="permission denied"), database.write() as conn:
            conn.execute(text(statement))
    database.close()
