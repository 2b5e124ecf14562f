"""Single events that come at the same time share a transaction, and each is answered as if it had come alone."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import select, text

from lookup.ledger.entry import ACTIONS
from lookup.services import accept_events as service
from lookup.services.accept_events import Signed, accept_events, accept_signed
from lookup.services.arrivals import Arrival, Client, Person, Result
from lookup.services.authenticate_client import Nonce
from lookup.services.contexts import PushContext
from lookup.storage.database import Database, NotReplicatedError
from lookup.storage.sharing import PLACES, Queues, Shared
from lookup.storage.tables import audit_entry
from tests.services.test_accept_events import content, outcomes
from tests.support import contexts
from tests.support.reports import CLIENT, REPORTER, arrival, story

NEVER = 1 << 60
NUMBERS = [f"3699022603020915{n:04}" for n in range(6)]
_fresh = (f"nonce-{n:020}" for n in itertools.count())


def signed(given: Arrival, nonce: str | None = None) -> Signed:
    """A request with one event."""
    return Signed(Nonce("k1", nonce or next(_fresh), NEVER), [given])


def accept(context: PushContext, asked: Signed) -> list[Result] | None:
    """Take it as the web layer does."""
    return accept_signed(context, CLIENT, asked.arrivals, asked.nonce)


def accept_all(context: PushContext, asked: Iterable[Signed], threads: int = 16) -> list[list[Result] | None]:
    """Take all requests, many at the same time."""
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(lambda each: accept(context, each), asked))


def places(database: Database) -> set[str]:
    """Where there are entries of taken events."""
    taken = select(audit_entry.c.writer, audit_entry.c.seq).where(
        audit_entry.c.action == ACTIONS["push.event"]
    )
    with database.read() as conn:
        return {f"{writer}-{seq}" for writer, seq in conn.execute(taken)}


def test_together_they_leave_what_they_leave_alone(database: Database) -> None:
    """Six stories in single events, sixteen at a time: each has its own entry, and a batch of the same adds nothing."""
    context = contexts.push(database)
    steps = [step for steps in zip(*map(story, NUMBERS), strict=True) for step in steps]
    results = [each for each in accept_all(context, [signed(arrival(step)) for step in steps]) if each]
    assert Counter(result.outcome for each in results for result in each).keys() <= {"accepted", "waiting"}
    assert [(result.source, result.id) for each in results for result in each] == [
        (s.source, s.id) for s in steps
    ]
    named = {result.entry for each in results for result in each}
    assert named == places(database)
    assert len(named) == len(steps)
    told = content(database)
    again = accept_events(context, CLIENT, [arrival(step) for step in steps])
    assert outcomes(again) == ["duplicate"] * len(steps)
    assert content(database) == told
    assert {result.incident for result in again} == set(NUMBERS)


def test_of_equal_nonces_that_come_at_once_one_is_good(database: Database) -> None:
    """A captured request, sent eight times at once, in one group or in several: taken once, else a replay."""
    context = contexts.push(database)
    first = story()[0]
    together = service._together(context, CLIENT, [signed(arrival(first), "n" * 20) for _ in range(3)])
    assert [each is not None for each in together] == [True, False, False]
    others = accept_all(context, [signed(arrival(story()[1]), "m" * 20) for _ in range(8)], 8)
    assert sorted(each is not None for each in others) == [False] * 7 + [True]


def test_a_replay_among_others_is_told_as_one_and_harms_none(database: Database) -> None:
    """The used nonce is answered with None; what stands before and behind it in its group is taken."""
    context = contexts.push(database)
    steps = [arrival(step) for step in story()]
    assert accept(context, signed(steps[0], "used-" * 5))
    group = [signed(steps[1]), signed(steps[2], "used-" * 5), signed(steps[3])]
    one, replayed, other = service._together(context, CLIENT, group)
    assert replayed is None
    assert one is not None
    assert other is not None
    assert [one[0].id, other[0].id] == [steps[1].id, steps[3].id]
    assert accept(context, signed(steps[2])) is not None


def test_the_first_of_a_group_brings_the_reference(database: Database) -> None:
    """Two events about one new incident, and a repetition of the first: the first and its repetition carry it."""
    first, second = (arrival(step) for step in story()[:2])
    context = contexts.push(database)
    results = service._together(context, CLIENT, [signed(first), signed(second), signed(first)])
    told = [result for each in results if each for result in each]
    assert [(result.outcome, bool(result.reference)) for result in told] == [
        ("accepted", True), ("accepted", False), ("duplicate", True)
    ]  # fmt: skip
    assert told[0].reference == told[2].reference


def broken(number: str) -> Arrival:
    """An event that the service can not take although it should: its web layer has let through what is no number."""
    return arrival(story(number)[0], Person("reporter", "no number"))


@contextmanager
def held(database: Database, queue: Shared[Signed, list[Result] | None], waiting: int) -> Iterator[None]:
    """Hold up whoever writes until so many wait behind the first, so that they go together."""
    with database.write() as conn:
        if database.dialect == "postgresql":
            conn.execute(text("LOCK TABLE push_nonce"))
        yield
        while len(queue._queue) < waiting:
            time.sleep(0.001)


def test_one_that_breaks_harms_only_itself(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a group of three one raises: it alone gets the failure, the others are taken, each nonce is used once."""
    queues: Queues[Signed, list[Result] | None] = Queues(dict.fromkeys(PLACES, 1))
    monkeypatch.setattr(service, "_queues", queues)
    context = contexts.push(database)
    good = [signed(arrival(story(number)[0], REPORTER)) for number in NUMBERS[:3]]
    bad = signed(broken(NUMBERS[3]))
    with ThreadPoolExecutor(4) as pool:
        with held(database, queues.of(database, CLIENT), 3):
            asked = [pool.submit(accept, context, each) for each in (good[0], good[1], bad, good[2])]
        with pytest.raises(ValueError, match="numbers it has read"):
            asked[2].result()
        assert [asked[place].result() is None for place in (0, 1, 3)] == [False] * 3
    assert [accept(context, each) for each in good] == [None] * 3
    assert {row[0] for row in content(database)} >= set(NUMBERS[:3])
    assert NUMBERS[3] not in {row[0] for row in content(database)}


def test_when_the_machine_fails_nobody_tries_again_alone(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether something was committed is not known then: each of the group is told of the failure, once."""
    tried: list[int] = []

    def failing(context: PushContext, client: Client, asked: list[Signed], **_: bool) -> list[None]:
        tried.append(len(asked))
        raise NotReplicatedError("cancelled")

    monkeypatch.setattr(service, "_together", failing)
    with pytest.raises(NotReplicatedError):
        accept(contexts.push(database), signed(arrival(story()[0])))
    assert tried == [1]
