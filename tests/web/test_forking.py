"""gunicorn loads a surface once and forks its workers from it (deploy/gunicorn.conf.py)."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy.pool import QueuePool

from lookup.storage.database import open_database
from tests.web.test_routes import APPS


@pytest.mark.parametrize("surface", sorted(APPS))
def test_a_surface_that_was_only_built_holds_no_connection_and_no_thread(
    migrated_url: str, surface: str
) -> None:
    """Two workers must never write on one inherited connection, nor wait for a thread that only the parent has."""
    database = open_database(migrated_url)
    threads = set(threading.enumerate())
    APPS[surface](database)
    pool = database.engine.pool
    assert isinstance(pool, QueuePool)
    assert (pool.checkedin(), pool.checkedout(), set(threading.enumerate()) - threads) == (0, 0, set())
    database.close()
