"""While a source's list is compared nobody waits for it: it is read, and written down in a moment at the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from itertools import count as numbered
from typing import Any

import pytest

from lookup.domain.daylist import list_hash
from lookup.services.accept_events import accept_events
from lookup.services.accept_manifest import Part, accept_manifest
from lookup.services.arrivals import Client
from lookup.services.authenticate_client import Nonce
from lookup.services.contexts import PushContext
from lookup.services.show_manifest import show_digests, show_manifest
from lookup.services.show_waiting import show_waiting
from lookup.storage import manifests, unplaced
from lookup.storage.database import Database
from lookup.storage.tables import push_nonce
from tests.support import contexts
from tests.support.pushing import count
from tests.support.reports import CLIENT, NUMBER, arrival, story

LISTER = Client("yunxi", "云溪市110", ("3699",), (), story()[0].source)
DAY = date(2026, 3, 2)
NUMBERS = (NUMBER, "36990226030209150002")
PART = Part("list-1", DAY, "", 1, 1, 2, list_hash(NUMBERS), NUMBERS)
_serials = numbered()


def nonce() -> Nonce:
    """A fresh one."""
    return Nonce("k1", f"nonce-{next(_serials):020}", 1 << 60)


Act = Callable[[PushContext, Nonce], object]
ACTS: dict[str, Act] = {
    "list": lambda context, fresh: accept_manifest(context, LISTER, PART, fresh),
    "rehearsal": lambda context, fresh: accept_manifest(context, LISTER, PART, fresh, dry=True),
    "question": lambda context, fresh: show_manifest(context, LISTER, "list-1", fresh),
    "digests": lambda context, fresh: show_digests(context, LISTER, DAY, DAY, "", fresh),
    "waiting": lambda context, fresh: show_waiting(context, LISTER, DAY, DAY, "", fresh),
}


@pytest.fixture
def context(database: Database) -> PushContext:
    """A report that is on the list."""
    context = contexts.push(database)
    accept_events(context, CLIENT, [arrival(story()[0])])
    return context


def looking(monkeypatch: pytest.MonkeyPatch, then: Callable[[], object]) -> None:
    """Do something whenever the incidents are looked through."""

    def wrapped(real: Callable[..., Any]) -> Callable[..., Any]:
        def look(*given: Any) -> Any:
            then()
            return real(*given)

        return look

    monkeypatch.setattr(manifests, "told", wrapped(manifests.told))
    monkeypatch.setattr(unplaced, "told_first", wrapped(unplaced.told_first))


@pytest.mark.parametrize("act", ACTS)
def test_another_source_pushes_while_a_list_is_looked_through(
    context: PushContext, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    """In the middle of it a push of somebody else is taken; the answer comes afterwards."""
    accept_manifest(context, LISTER, PART, nonce())
    others: list[Sequence[object]] = []
    with ThreadPoolExecutor(1) as pool:

        def push() -> None:
            event = arrival(story(f"3699022603020916{next(_serials):04}")[0])
            others.append(pool.submit(accept_events, context, CLIENT, [event]).result(timeout=30))

        looking(monkeypatch, push)
        answer = ACTS[act](context, nonce())
    assert answer is not None
    assert others


@pytest.mark.parametrize("act", ACTS)
def test_a_replay_is_not_worth_the_look(
    context: PushContext, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    """A used signature is refused before anything is looked through."""
    accept_manifest(context, LISTER, PART, nonce())
    used = nonce()
    assert ACTS[act](context, used) is not None
    looks: list[None] = []
    looking(monkeypatch, lambda: looks.append(None))
    assert ACTS[act](context, used) is None
    assert looks == []


@pytest.mark.parametrize("act", ACTS)
def test_of_one_request_twice_at_once_one_is_answered(
    context: PushContext, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    """The same signature comes again while the first is looked through: only one gets an answer."""
    accept_manifest(context, LISTER, PART, nonce())
    before, same, inner = count(context.database, push_nonce), nonce(), list[object]()

    def again() -> None:
        if not inner:
            inner.append(None)
            inner[0] = ACTS[act](context, same)

    monkeypatch.setattr("lookup.services.compare_manifest.TURN_S", 0.01)
    monkeypatch.setattr("lookup.services.show_manifest.TURN_S", 0.01)
    monkeypatch.setattr("lookup.services.accept_manifest.TURN_S", 0.01)
    looking(monkeypatch, again)
    assert [ACTS[act](context, same) is None, inner[0] is None] == [True, False]
    assert count(context.database, push_nonce) == before + 1
