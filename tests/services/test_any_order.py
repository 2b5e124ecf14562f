"""Any shuffle, repetition and interruption of a recorded month ends in the same database content, on both databases."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from lookup.cli.demo_month import SOURCE, make_month
from lookup.cli.import_one import Importing, import_file
from lookup.client_files import SignedFile
from lookup.services.accept_events import accept_events
from lookup.services.arrivals import Arrival, Client
from lookup.services.caller import PHONE_PURPOSE
from lookup.services.contexts import PushContext
from lookup.services.register_client import Scope, add_key, register
from lookup.services.sealing import unseal
from lookup.services.shelf import QUARANTINE_PURPOSE
from lookup.storage.clients import KeyRow
from lookup.storage.database import Database
from lookup.web.push.arriving import read_event
from tests.support import contexts, databases
from tests.support.pushing import SEED

Wire = dict[str, Any]
Fresh = Callable[[], AbstractContextManager[Database]]
CLIENT = Client("yunxi", "云溪市公安局", ("3699",), (), SOURCE)
END = datetime.fromisoformat("2026-03-31T23:00+08:00")


class Breaking(str):
    """A client id at which the transaction breaks off, at the latest when the entries are written."""

    def encode(self, *_: object) -> bytes:
        """Break."""
        raise RuntimeError


class Content(dict[str, set[tuple[object, ...]]]):
    """Rows by kind; too many to print."""

    def __repr__(self) -> str:
        return f"{sum(map(len, self.values()))} rows"


@cache
def month() -> tuple[Wire, ...]:
    """Every event of some incidents of the demo's month in the order in which they were typed, each once.

    Among them every type of event, every promised story and refused ones. Two contents under one id are left out:
    there the first to come is the one that counts.
    """
    made = make_month(END)
    told: dict[str, list[Wire]] = {}
    for event in made.events:
        if event not in told.setdefault(event["subject"], []):
            told[event["subject"]].append(event)
    chosen = [sample.number for sample in made.samples]
    for wanted in (*{event["type"] for event in made.events}, "-x0", "-x1", "-x2", "-x3"):
        fits = (n for n, all_ in told.items() if any(wanted in (e["type"], e["id"][-3:]) for e in all_))
        chosen.append(next(fits))
    events = [event for number in dict.fromkeys(chosen) for event in told[number]]
    ids = [event["id"] for event in events]
    events = [event for event in events if ids.count(event["id"]) == 1]
    return tuple(sorted(events, key=lambda event: (event["data"]["entered_at"], event["id"])))


def nameless(event: Wire) -> Wire:
    """The same event from a source that never says what a step leaves."""
    return event | {"data": {name: value for name, value in event["data"].items() if name != "from"}}


@cache
def arrivals(named: bool = True) -> tuple[Arrival, ...]:
    """The month as the push surface reads it; `named`: with `data.from`."""
    events = month() if named else tuple(map(nameless, month()))
    return tuple(read_event(CLIENT, "[0-9]{20}", event).arrival for event in events)


def content(database: Database) -> Content:
    """Everything that pushing has left except when it came, what it was answered, and its ledger entries."""
    queries = {
        "event": "SELECT number, event.source, event.id, at, client, sequence, digest, body FROM event "
        "JOIN incident ON incident.id = event.incident",
        "incident": "SELECT number, token, generation, unit, reported, origin, source, rules, story, withheld "
        "FROM incident",
        "fact": "SELECT number, kind, digest FROM second_fact JOIN incident ON incident.id = incident",
        "quarantine": "SELECT client, source, event, digest, problem FROM quarantine",
    }
    with database.read() as conn:
        rows = {name: conn.execute(text(query)).all() for name, query in queries.items()}
        found = Content({name: {tuple(row) for row in all_} for name, all_ in rows.items()})
        phones = conn.execute(text("SELECT number, sealed FROM incident")).all()
        bodies = conn.execute(text("SELECT event, sealed FROM quarantine")).all()
    key = contexts.key(6)
    found["phone"] = {(row.number, row.sealed and unseal(key, PHONE_PURPOSE, row.sealed)) for row in phones}
    found["body"] = {(row.event, unseal(key, QUARANTINE_PURPOSE, row.sealed)) for row in bodies}
    return found


def differing(found: Content, expected: Content) -> list[str]:
    """The kinds of rows that are not the same."""
    return [name for name in expected if found[name] != expected[name]]


def push(database: Database, chance: Random, named: bool) -> None:
    """Push the month shuffled, with repetitions, in batches of any size; some break off before the commit or after."""
    context = contexts.push(database)
    given = [*arrivals(named), *chance.sample(arrivals(named), 20)]
    chance.shuffle(given)
    while given:
        batch = given[: chance.randint(1, 40)]
        fate = chance.choice(["answered", "answered", "broken", "unanswered"])
        if fate == "broken":
            with pytest.raises(RuntimeError):
                accept_events(context, replace(CLIENT, id=Breaking(CLIENT.id)), batch)
            continue
        accept_events(context, CLIENT, batch)
        if fate == "answered":
            del given[: len(batch)]
        elif chance.random() < 0.5:  # the answer was lost: the source sends some of it again
            del given[: len(batch) // 2]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def fresh(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Fresh:
    """A lender of empty databases."""

    @contextmanager
    def lend() -> Iterator[Database]:
        if request.param == "sqlite":
            made = databases.migrated_sqlite(tmp_path_factory.mktemp("order"))
        else:
            made = databases.migrated_postgres(request.getfixturevalue("postgres_server"))
        with made as url, databases.opened(url) as database:
            yield database

    return lend


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[bool], Content]:
    """What the database holds when each event came once, alone, in the order of typing."""

    @cache
    def told(named: bool) -> Content:
        folder = tmp_path_factory.mktemp("in-order")
        with databases.migrated_sqlite(folder) as url, databases.opened(url) as database:
            for arrival in arrivals(named):
                accept_events(contexts.push(database), CLIENT, [arrival])
            return content(database)

    return told


@pytest.fixture(scope="module")
def in_order(undisturbed: Callable[[bool], Content]) -> Content:
    """The undisturbed month of a source that says what each step leaves."""
    return undisturbed(True)


def stages(found: Content) -> dict[object, list[object]]:
    """What each incident has come to: its state, its cases with theirs, and whether anything waits."""
    told = {row[0]: json.loads(str(row[8])) for row in found["incident"]}
    return {
        number: [
            story["state"],
            [(case["id"], case["state"]) for case in story.get("cases", ())],
            bool(story.get("waiting")),
        ]
        for number, story in told.items()
    }


def test_the_month_is_worth_shuffling(in_order: Content) -> None:
    """It has all types of events, over a dozen incidents, refused events, facts and phones."""
    assert len({event["type"] for event in month()}) == 10
    assert len(in_order["incident"]) >= 12
    assert len(in_order["event"]) > 80
    assert len(in_order["quarantine"]) >= 4
    assert len(in_order["event"]) + len(in_order["quarantine"]) == len(month())
    assert min(len(in_order["fact"]), len(in_order["phone"])) > 10


def test_a_source_that_never_names_what_a_step_leaves_comes_to_the_same_stages(
    in_order: Content, undisturbed: Callable[[bool], Content]
) -> None:
    """Every incident reaches the same states; only a step that was refused for its `from` waits instead."""
    named, bare = stages(in_order), stages(undisturbed(False))
    assert [number for number in named if named[number][:2] != bare[number][:2]] == []
    waiting = [number for number in bare if bare[number][2] and not named[number][2]]
    assert len(waiting) <= len(in_order["quarantine"]) - len(undisturbed(False)["quarantine"])


@settings(max_examples=4)
@given(seed=st.integers(0, 2**32))
@pytest.mark.parametrize("named", [True, False], ids=["with-from", "without-from"])
def test_any_order_ends_in_the_same_content(
    fresh: Fresh, undisturbed: Callable[[bool], Content], named: bool, seed: int
) -> None:
    """Events, incidents with their stories, second facts and quarantine are those of the undisturbed month."""
    with fresh() as database:
        push(database, Random(seed), named)  # noqa: S311 - a reproducible shuffle
        assert differing(content(database), undisturbed(named)) == []


def test_a_shuffled_signed_file_ends_in_the_same_content(
    fresh: Fresh, in_order: Content, tmp_path: Path
) -> None:
    """What comes by `lookup import`, stopped and continued, is no different from what comes by push."""
    with fresh() as database:
        context = contexts.push(database)
        key = registered(context)
        events = [*month(), *month()[::3]]
        Random(7).shuffle(events)  # noqa: S311 - a reproducible shuffle
        with SignedFile(tmp_path / "month.ndjson", key, SEED, SOURCE) as out:
            for event in events:
                out.add(event)
        stops = itertools.cycle([False, False, True])
        run = Importing(context, "tester", len, lambda: next(stops), batch=17)
        states = [import_file(run, tmp_path / "month.ndjson").state for _ in range(8)]
        assert states[0] == "stopped"
        assert "imported" in states
        assert differing(content(database), in_order) == []


def registered(context: PushContext) -> str:
    """Register the month's source; returns the id of its key."""
    register(context, "tester", CLIENT.id, CLIENT.name, SOURCE, Scope(CLIENT.units))
    public = Ed25519PrivateKey.from_private_bytes(SEED).public_key().public_bytes_raw()
    key = add_key(context, "tester", CLIENT.id, "ed25519", public)
    assert isinstance(key, KeyRow)
    return key.id
