"""Batches of one process go through the database one after the other, so that citizens wait for few of its backends."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from lookup.services import accept_events as service
from lookup.services.accept_events import accept_signed
from lookup.services.arrivals import Result
from lookup.storage.database import Database
from tests.services.test_pushed_together import NUMBERS, accept, signed
from tests.support import contexts
from tests.support.reports import CLIENT, REPORTER, arrival, story

Answer = Future[list[Result] | None]


def batch(pool: ThreadPoolExecutor, database: Database, number: str, *, dry: bool = False) -> Answer:
    """Begin to push the story of one incident as a batch."""
    arrivals = [arrival(step) for step in story(number)]
    nonce = signed(arrivals[0]).nonce
    return pool.submit(accept_signed, contexts.push(database), CLIENT, arrivals, nonce, dry=dry)


@pytest.mark.parametrize("dry", [False, True], ids=["taken", "rehearsed"])
def test_a_batch_waits_for_its_turn_and_single_events_do_not(database: Database, dry: bool) -> None:
    """While one is at work the next waits; what comes alone meanwhile is answered; then the next is taken."""
    with ThreadPoolExecutor(1) as pool:
        with service._turn:
            waiting = batch(pool, database, NUMBERS[0], dry=dry)
            for number in NUMBERS[1:4]:
                single = accept(contexts.push(database), signed(arrival(story(number)[0], REPORTER)))
                assert single is not None
                assert not waiting.done()
        told = waiting.result()
    assert told is not None
    assert {result.outcome for result in told} == {"accepted"}


def test_a_batch_that_hangs_does_not_hold_up_the_others_for_ever(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever has waited long enough goes on beside it, and the turn stays with whom it belongs to."""
    monkeypatch.setattr(service, "_TURN_S", 0.01)
    with ThreadPoolExecutor(1) as pool, service._turn:
        assert batch(pool, database, NUMBERS[0]).result()
        assert service._turn.locked()
        assert batch(pool, database, NUMBERS[1]).result()
    assert not service._turn.locked()
