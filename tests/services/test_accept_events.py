"""Push intake: once each, in any order, nothing that was signed is dropped, no person stays readable."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy import text

from lookup.domain.events import Event, Kind
from lookup.services import projection
from lookup.services.accept_events import accept_events
from lookup.services.arrivals import Arrival, Client, Fault, Result
from lookup.services.sealing import unseal
from lookup.services.shelf import QUARANTINE_PURPOSE
from lookup.storage.database import Database
from tests.support import contexts
from tests.support.reports import CLIENT, NUMBER, REPORTER, SOURCE, VICTIM, arrival, push_story, step, story


def content(database: Database) -> list[tuple[object, ...]]:
    """What the incident and its events are in the end, whatever the order of arrival."""
    with database.read() as conn:
        incident = conn.execute(
            text("SELECT number, token, generation, unit, story, withheld FROM incident")
        ).all()
        events = conn.execute(text("SELECT source, id, body, digest FROM event ORDER BY source, id")).all()
    return [tuple(row) for row in [*incident, *events]]


def outcomes(results: Sequence[Result]) -> list[str]:
    """Only what became of each."""
    return [result.outcome for result in results]


def test_a_story_is_accepted_and_its_first_answer_carries_the_reference(database: Database) -> None:
    """Every event in order is accepted; the reference comes with the first one only."""
    reference, results = push_story(contexts.push(database))
    assert outcomes(results) == ["accepted"] * 7
    assert reference.number == NUMBER
    assert [bool(result.reference) for result in results] == [True] + [False] * 6


def test_the_same_event_again_gets_the_same_answer(database: Database) -> None:
    """A repetition is a duplicate that carries the first answer, the reference included, and changes nothing."""
    context = contexts.push(database)
    reference, _ = push_story(context)
    before = content(database)
    again = accept_events(context, CLIENT, [arrival(event) for event in story()])
    assert outcomes(again) == ["duplicate"] * 7
    assert {result.original for result in again} == {"accepted"}
    assert again[0].reference == reference
    assert content(database) == before


def test_an_id_used_for_another_content_is_a_conflict_and_kept(database: Database) -> None:
    """The stored event stays as it is; what came instead is in quarantine with the reason."""
    context = contexts.push(database)
    push_story(context)
    result = accept_events(context, CLIENT, [arrival(story()[1], body=b"something else")])[0]
    assert (result.outcome, result.fault and result.fault.rule) == ("conflict", "event.id_reused")
    assert quarantined(database) == [b"something else"]


def quarantined(database: Database) -> list[bytes | None]:
    """The bodies in quarantine, unsealed."""
    with database.read() as conn:
        sealed = conn.execute(text("SELECT sealed FROM quarantine ORDER BY id")).scalars().all()
    return [unseal(contexts.key(6), QUARANTINE_PURPOSE, each) for each in sealed]


@pytest.mark.parametrize("seed", range(6))
def test_any_order_and_any_batches_end_in_the_same_content(database: Database, seed: int) -> None:
    """Shuffled, repeated and cut into batches, a story ends as when it came in order."""
    dice = random.Random(seed)  # noqa: S311 - a reproducible shuffle
    arrivals = [arrival(event) for event in story()]
    arrivals += dice.sample(arrivals, 3)
    dice.shuffle(arrivals)
    context = contexts.push(database)
    while arrivals:
        size = dice.randint(1, 4)
        accept_events(context, CLIENT, arrivals[:size])
        del arrivals[:size]
    with database.read() as conn:
        shuffled = conn.execute(text("SELECT story FROM incident")).scalar_one()
    assert shuffled == projection.dump(projection.tell_all(context.law, story()))


def test_an_illegal_transition_is_quarantined_with_its_rule_and_harms_no_neighbour(
    database: Database,
) -> None:
    """A forbidden pair is refused with field and rule, kept sealed, and the events beside it are taken."""
    context = contexts.push(database)
    first, second = story()[:2]
    bad = step("bad", "J92", 2, "J10")
    results = accept_events(
        context, CLIENT, [arrival(first), arrival(bad, body=b"bad body"), arrival(second)]
    )
    assert outcomes(results) == ["accepted", "quarantined", "accepted"]
    assert results[1].fault is not None
    assert results[1].fault.field.startswith("/data/")
    assert quarantined(database) == [b"bad body"]


def test_what_could_not_be_understood_is_kept_once(database: Database) -> None:
    """A refused event of a known client is kept sealed; sending it again keeps one copy and answers alike."""
    context = contexts.push(database)
    broken = Arrival(
        SOURCE, "x", b"{}", None, (), Fault("/data", "missing", {"zh-Hans": "缺", "en": "missing"})
    )
    for _ in range(2):
        assert outcomes(accept_events(context, CLIENT, [broken])) == ["quarantined"]
    assert quarantined(database) == [b"{}"]


def test_every_push_leaves_an_entry_in_its_own_transaction(database: Database) -> None:
    """One ledger entry an arrival, with its outcome."""
    _, results = push_story(contexts.push(database))
    with database.read() as conn:
        count = conn.execute(
            text("SELECT count(*) FROM audit_entry WHERE action = 20 AND outcome = 5")
        ).scalar_one()
    assert count == len(results)
    assert len({result.entry for result in results}) == len(results)


def test_no_person_is_readable_in_the_tables(database: Database) -> None:
    """No phone number, ID, name or query code stands in any column of any table."""
    reference, _ = push_story(contexts.push(database))
    code = reference.code.replace("-", "")
    with database.read() as conn:
        for table in ("incident", "second_fact", "event", "quarantine", "audit_entry"):
            rows = repr(conn.execute(text(f"SELECT * FROM {table}")).all())  # noqa: S608 - fixed names
            for secret in (REPORTER.phone, VICTIM.id_number, VICTIM.name, code, reference.code):
                assert str(secret) not in rows


def test_an_incident_known_only_by_what_was_retracted_stays_open_to_its_source(database: Database) -> None:
    """The retracted event and its retraction may come before all others; then nothing is placed and nothing waits."""
    context = contexts.push(database)
    wrong = story()[4]
    gone = replace(
        wrong, id="gone", kind=Kind.RETRACTION, to=None, from_=None, replaces=(wrong.source, wrong.id),
        reason="typing_error", approver="0001",
    )  # fmt: skip
    assert outcomes(accept_events(context, CLIENT, [arrival(wrong), arrival(gone)])) == [
        "accepted",
        "accepted",
    ]
    assert outcomes(accept_events(context, CLIENT, [arrival(story()[0])])) == ["accepted"]


def amendment(wrong: Event, id_: str, number: str = NUMBER) -> Arrival:
    """A retraction of one event under some number."""
    gone = replace(
        wrong, id=id_, incident=number, kind=Kind.RETRACTION, to=None, from_=None, replaces=(wrong.source, wrong.id),
        reason="typing_error", approver="0001",
    )  # fmt: skip
    return arrival(gone)


def brings(results: Sequence[Result]) -> list[bool]:
    """Which of them bring a reference."""
    return [bool(result.reference) for result in results]


@pytest.mark.parametrize("batch", [False, True], ids=["alone", "in-a-batch"])
def test_what_amends_names_no_incident(database: Database, batch: bool) -> None:
    """Amendments bring no reference, however early; the first event that is none does, and its repetition."""
    context, (first, second) = contexts.push(database), story()[:2]
    pushed = [amendment(first, "x"), amendment(second, "y"), arrival(second), arrival(first), arrival(second)]
    cut = [pushed] if batch else [[each] for each in pushed]
    results = [result for some in cut for result in accept_events(context, CLIENT, some)]
    assert brings(results) == [False, False, True, False, True]
    assert brings(accept_events(context, CLIENT, pushed)) == [False, False, True, False, True]


def test_an_amendment_under_a_wrong_number_keeps_no_reference_from_anybody(database: Database) -> None:
    """The number turns out to be another report's: whoever tells that first gets its reference, a duplicate too."""
    context, number = contexts.push(database), "36990226030209150077"
    accept_events(context, CLIENT, [arrival(each) for each in story()[:2]])
    assert brings(accept_events(context, CLIENT, [amendment(story()[1], "x", number)])) == [False]
    other = Client("other", "云溪市120", ("3699",))
    told = arrival(replace(story(number)[0], source="urn:yunxi:120"))
    for _ in range(2):
        (result,) = accept_events(context, other, [told])
        assert result.reference is not None
        assert result.reference.number == number
