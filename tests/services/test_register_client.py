"""Two operators who register at the same instant: one after the other, each knowing what the other did."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from lookup.services.contexts import PushContext
from lookup.services.register_client import (
    Refusal,
    Scope,
    add_key,
    register,
    rescope,
    revoke_key,
    shown,
    suspend,
)
from lookup.storage.clients import KeyRow
from lookup.storage.database import Database
from tests.support import databases
from tests.support.pushing import SOURCE, Desk
from tests.support.waiting import until

Act = Callable[[PushContext], object]
SCOPE = Scope(("3699",))
_WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@pytest.fixture
def context(postgres_server: str) -> Iterator[PushContext]:
    """Two clients on PostgreSQL, one with a key: SQLite has one writer at a time."""
    with databases.migrated_postgres(postgres_server) as url, databases.opened(url) as database:
        desk = Desk(database)
        register(desk.context, "tester", "other", "云溪市120", "urn:yunxi:120", SCOPE)
        yield desk.context


def waiting(database: Database) -> int:
    """How many wait for somebody else's lock."""
    with database.read() as conn:
        return int(conn.execute(text(_WAITING)).scalar_one())


def at_once(context: PushContext, *acts: Act) -> list[object]:
    """Let nobody change anything before all are at it, or refused; what each came to."""
    with ThreadPoolExecutor(len(acts)) as pool:
        with context.database.write() as conn:
            conn.execute(text("LOCK TABLE audit_entry IN EXCLUSIVE MODE"))
            begun = [pool.submit(act, context) for act in acts]
            until(lambda: waiting(context.database) + sum(each.done() for each in begun) == len(acts))
        return [each.result() for each in begun]


def keyed(client: str, algorithm: str, material: bytes) -> Act:
    """An operator adds a key."""
    return lambda context: add_key(context, "tester", client, algorithm, material)


@pytest.mark.parametrize("algorithm", ["ed25519", "hmac-sha256"])
@pytest.mark.parametrize("client", ["yunxi", "other"])
def test_one_key_is_registered_once(context: PushContext, algorithm: str, client: str) -> None:
    """Under one client or two: the second is told that it is registered."""
    found = at_once(context, keyed("yunxi", algorithm, b"k" * 32), keyed(client, algorithm, b"k" * 32))
    assert sorted(type(each).__name__ for each in found) == ["KeyRow", "Refusal"]
    assert [each.rule for each in found if isinstance(each, Refusal)] == ["key_taken"]


def test_no_third_key_lives(context: PushContext) -> None:
    """One is live and two come at once: one of them is refused."""
    found = at_once(context, keyed("yunxi", "ed25519", b"a" * 32), keyed("yunxi", "ed25519", b"b" * 32))
    assert [each.rule for each in found if isinstance(each, Refusal)] == ["two_keys"]


def test_one_source_has_one_client(context: PushContext) -> None:
    """Two clients for one source, two of one name: the second is told, and nothing breaks."""

    def named(id_: str, source: str) -> Act:
        return lambda context: register(context, "tester", id_, "云溪市", source, SCOPE)

    for acts in (
        [named("one", "urn:x:1"), named("two", "urn:x:1")],
        [named("three", "urn:x:3"), named("three", "urn:x:4")],
    ):
        found = at_once(context, *acts)
        assert [each.rule for each in found if isinstance(each, Refusal)] == ["taken"]


def test_no_change_is_lost(context: PushContext) -> None:
    """A suspension and a new scope at once: both hold."""
    at_once(
        context,
        lambda context: suspend(context, "one", "yunxi"),
        lambda context: rescope(context, "two", "yunxi", Scope(("369902",))),
    )
    found = shown(context, "yunxi")
    assert not isinstance(found, Refusal)
    assert (found[0].suspended, found[0].units, found[0].source) == (True, ("369902",), SOURCE)


def test_a_key_that_is_being_revoked_is_not_registered_anew(context: PushContext) -> None:
    """Whoever comes second is told that the key was registered before, in whatever order."""
    found = shown(context, "yunxi")
    assert not isinstance(found, Refusal)
    old: KeyRow = found[1][0]
    told = at_once(
        context,
        lambda context: revoke_key(context, "one", old.id),
        keyed("other", "ed25519", old.material),
    )
    assert [each.rule in ("key_taken", "key_revoked") for each in told if isinstance(each, Refusal)] == [True]
