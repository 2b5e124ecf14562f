"""A signature is good once: also when the same request comes in its last moment and then waits behind others."""

from __future__ import annotations

import pytest
import time_machine

from lookup.services import authenticate_client
from lookup.services.accept_events import accept_signed
from lookup.services.authenticate_client import LateError, Nonce, spend_alone
from lookup.services.tidy import tidy
from lookup.storage.database import Database
from lookup.storage.lanes import now_us
from lookup.storage.tables import event, push_nonce
from tests.support import contexts
from tests.support.pushing import count
from tests.support.reports import CLIENT, arrival, story

VALUE = "n" * 20


def nonce() -> Nonce:
    """That of a signature which is good for another eleven minutes."""
    return Nonce("k1", VALUE, now_us() + 660_000_000)


@pytest.mark.parametrize("waited", [1, 2, 30, 299])
def test_a_replay_that_waits_past_the_end_of_its_signature_is_still_one(
    database: Database, waited: int
) -> None:
    """It was let in in the last moment, the worker has tidied up meanwhile: the nonce is known all the same."""
    context, used = contexts.push(database), nonce()
    with time_machine.travel(now_us() / 1e6, tick=False):
        assert accept_signed(context, CLIENT, [arrival(story()[0])], used)
    with time_machine.travel(used.until / 1e6 + waited, tick=False):
        tidy(contexts.worker(database))
        assert accept_signed(context, CLIENT, [arrival(story()[0])], used) is None
        assert not spend_alone(context, used)


@pytest.mark.parametrize("waited", [301, 86_400])
def test_what_waits_longer_than_nonces_are_kept_is_not_done(database: Database, waited: int) -> None:
    """Whether it is a replay can not be known any more, so nothing of it is recorded and it has to be signed anew."""
    context, used = contexts.push(database), nonce()
    with time_machine.travel(used.until / 1e6 + waited, tick=False):
        with pytest.raises(LateError):
            accept_signed(context, CLIENT, [arrival(story()[0])], used)
        with pytest.raises(LateError):
            spend_alone(context, used)
    assert (count(database, event), count(database, push_nonce)) == (0, 0)


def test_nonces_are_forgotten_in_the_end(database: Database) -> None:
    """A quarter of an hour after its signature nothing is left of a nonce."""
    context, used = contexts.push(database), nonce()
    spend_alone(context, used)
    with time_machine.travel(used.until / 1e6 + authenticate_client.KEPT_US / 1e6 + 1, tick=False):
        tidy(contexts.worker(database))
    assert count(database, push_nonce) == 0
