"""Changing a client: two operators at once take nothing from each other."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from lookup.services import register_client
from lookup.services.register_client import Amendment
from lookup.storage import clients
from lookup.storage.database import Database
from tests.support.databases import waits_for_lock
from tests.support.pushing import Desk
from tests.support.waiting import until


@pytest.mark.parametrize("migrated_url", ["postgresql"], indirect=True)
def test_a_suspension_is_not_lost_to_a_change_of_scope(database: Database) -> None:
    """Whoever changes a client waits for who is changing it, and changes what that one has left."""
    desk = Desk(database)
    amendment = Amendment(units=("3698",))
    with ThreadPoolExecutor(1) as pool:
        with database.write() as conn:
            row = clients.hold(conn, "yunxi")
            assert row is not None
            clients.replace(conn, row._replace(suspended=True))
            second = pool.submit(register_client.rescope, desk.context, "tester", "yunxi", amendment)
            until(lambda: waits_for_lock(database))
        assert second.result() == row._replace(suspended=True, units=("3698",))
