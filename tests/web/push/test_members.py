"""Members that no schema has: found, told where they stand, never repeated, and cheap however many they are."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from lookup.services.arrivals import Client
from lookup.storage.database import Database
from lookup.web.push.arriving import read_event
from lookup.web.push.faults import MAX_FAULTS, known_members
from lookup.web.push.manifest_wire import ManifestIn, read_manifest
from lookup.web.push.strict import MOST_MEMBERS
from lookup.web.push.unused_wire import UnusedIn, read_claim
from lookup.web.push.wire import EventIn
from tests.support.pushing import BATCH, SOURCE, Desk, dump, event
from tests.support.shelves import items
from tests.web.push.test_quarantine import ask

CLIENT = Client("yunxi", "云溪市110", ("3699",), (), SOURCE)
PATTERN = "[0-9]{20}"
SECRET = "tel19900001234"


def read(value: dict[str, Any]) -> list[tuple[str, str]]:
    """Pointer and rule of each fault of an event."""
    return [(each.field, each.rule) for each in read_event(CLIENT, PATTERN, value).faults]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({SECRET: 1}, ""),
        ({f"data__{SECRET}": "x"}, "/data"),
        ({"data__document": {"code": "X", SECRET: 1}}, "/data/document"),
        ({"data__persons": [{"role": "victim"}, {"role": "victim", SECRET: 1}]}, "/data/persons/1"),
        ({"data__replaces": {"source": SOURCE, "id": "e", SECRET: {}}}, "/data/replaces"),
    ],
)
def test_an_unknown_member_is_told_by_where_it_stands(
    database: Database, changes: dict[str, Any], pointer: str
) -> None:
    """Its name may be a phone or a person, so it is in no answer and in no readable column; what may stand there is."""
    desk = Desk(database)
    answers = [
        desk.send(event(**changes)),
        desk.send([event("e-2", **changes)], BATCH),
        desk.ask("/v1/quarantine"),
        ask(desk, "DELETE", "/v1/quarantine/1"),
    ]
    first = answers[0].get_json()["errors"][0]
    assert (first["pointer"], first["rule"]) == (pointer, "wire.unknown_member")
    assert answers[2].get_json()["items"][0]["pointer"] == pointer
    assert all(SECRET not in answer.get_data(as_text=True) for answer in answers)
    assert all(SECRET not in str(item) for item in items(database))


def test_a_repeated_member_is_told_by_where_it_stands(database: Database) -> None:
    """A name that occurs twice is not repeated a third time."""
    desk = Desk(database)
    body = dump(event(data__document="@")).replace(b'"@"', b'{"%s":1,"%s":2}' % ((SECRET.encode(),) * 2))
    answer = desk.send(body)
    told = answer.get_json()["errors"]
    assert [(each["pointer"], each["rule"]) for each in told] == [("/data/document", "json.repeated_member")]
    assert SECRET not in answer.get_data(as_text=True)
    assert all(SECRET not in str(item) for item in items(database))


def test_an_unknown_parameter_is_not_repeated(sqlite_desk: Desk) -> None:
    """Addresses are treated as bodies are; what may be asked for is told."""
    answer = sqlite_desk.ask("/v1/digests", query=f"{SECRET}=1&other=2")
    told = answer.get_json()["errors"]
    assert [(each["pointer"], each["rule"]) for each in told] == [("", "query.unknown")]
    assert "day, until, unit" in told[0]["text"]["en"]
    assert SECRET not in answer.get_data(as_text=True)


def test_what_may_stand_there_is_told(sqlite_desk: Desk) -> None:
    """A misspelt name is found by the names that there are, in both languages."""
    [told] = sqlite_desk.send(event(data__document={"code": "X", "nummber": "1"})).get_json()["errors"]
    assert "code, number, served_at" in told["text"]["en"]
    assert "code、number、served_at" in told["text"]["zh-Hans"]


def test_the_members_of_every_place_are_known() -> None:
    """By the names of the wire, in and below lists too."""
    assert known_members(EventIn, ())[:3] == ["specversion", "id", "source"]
    assert "from" in known_members(EventIn, ("data",))
    assert known_members(EventIn, ("data", "persons", 3)) == ["role", "phone", "id_number", "name"]
    assert known_members(UnusedIn, ()) == ["source", "first", "last", "reason"]


def test_no_schema_has_as_many_members_as_are_read() -> None:
    """So an object that is not looked into holds something unknown for certain."""
    places: list[tuple[str | int, ...]] = [
        (),
        *(("data", *more) for more in ((), ("document",), ("replaces",), ("attributes",), ("persons", 0))),
    ]
    sizes = [len(known_members(EventIn, place)) for place in places]
    sizes += [len(known_members(model, ())) for model in (ManifestIn, UnusedIn)]
    assert max(sizes) < MOST_MEMBERS


def many(count: int) -> dict[str, int]:
    """So many members of which no schema has heard."""
    return {f"x{n}": n for n in range(count)}


def test_several_unknown_members_of_one_object_are_one_fault() -> None:
    """Beside what else is wrong there."""
    faults = read({"data": {"unit": "369901510000", **many(5)}, **many(5)})
    assert faults.count(("", "wire.unknown_member")) == 1
    assert faults.count(("/data", "wire.unknown_member")) == 1
    assert ("/data/entered_at", "wire.missing") in faults
    assert ("/id", "wire.missing") in faults


def test_a_crowded_object_is_not_looked_into() -> None:
    """More members than any schema has are one fault, whatever else is wrong in it; its neighbours are read."""
    assert read(many(MOST_MEMBERS + 1)) == [("", "wire.unknown_member")]
    whole = event(data__persons=[many(MOST_MEMBERS + 1)] * 3, id="a b")
    assert read(whole) == [("/id", "wire.format")] + [
        (f"/data/persons/{n}", "wire.unknown_member") for n in range(3)
    ]


def test_a_crowded_event_is_kept_under_its_own_id(database: Database) -> None:
    """It is refused and mended like any other."""
    desk = Desk(database)
    assert desk.send(event() | many(1000)).get_json()["id"] == "e-1"
    assert desk.send(event()).status_code == 200
    assert [item.state for item in items(database)] == ["settled"]


@pytest.mark.parametrize(
    ("judge", "sent"),
    [
        (read, many(100_000)),
        (read, event(data__document=many(100_000))),
        (read, event(data__persons=[many(5_000) for _ in range(20)])),
        (lambda sent: read_manifest(CLIENT, PATTERN, sent), many(100_000)),
        (lambda sent: read_claim(CLIENT, sent), many(100_000)),
        (lambda sent: [read(sent) for _ in range(1000)], {"data": many(MOST_MEMBERS), **many(MOST_MEMBERS)}),
    ],
    ids=["event", "document", "persons", "list", "unused", "batch"],
)
def test_many_unknown_members_cost_nothing_for_each(judge: Callable[[Any], object], sent: Any) -> None:
    """Beside what was sent, and its normal form, nothing is made per member: not a fault, not a pointer."""
    judge(sent)
    gc.collect()
    tracemalloc.start()
    try:
        judge(sent)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 10 * len(dump(many(100_000)))


def test_no_more_than_the_most_faults_are_told() -> None:
    """However much is wrong with one event."""
    persons = [{"role": "x", "phone": 1, "name": ""}] * 20
    assert len(read(event(data__persons=persons))) == MAX_FAULTS
