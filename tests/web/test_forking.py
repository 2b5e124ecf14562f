"""gunicorn loads a surface once and forks its workers from it (deploy/gunicorn.conf.py)."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest
from sqlalchemy.pool import QueuePool

from lookup.cli.serve import CONFIG
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


_FORKED = """
import os, runpy, sys
from types import SimpleNamespace
config, surface, forbidden = sys.argv[1:]
if forbidden:
    del os.sched_setscheduler
worker = SimpleNamespace(app=SimpleNamespace(app_uri=f"lookup.web.{surface}.wsgi:application()"))
before = os.nice(0)
runpy.run_path(config)["post_fork"](None, worker)
print(os.sched_getscheduler(0), os.nice(0) - before)
"""


@pytest.mark.parametrize("surface", ["citizen", "console", "push"])
@pytest.mark.parametrize("forbidden", ["", "forbidden"])
def test_push_gives_way_to_the_other_surfaces(surface: str, forbidden: str) -> None:
    """By niceness; all of them let an answer be finished where the system has the class for that."""
    words = [sys.executable, "-c", _FORKED, str(CONFIG), surface, forbidden]
    policy, nice = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()
    own = os.nice(0)
    assert int(policy) == (os.sched_getscheduler(0) if forbidden else os.SCHED_BATCH)
    assert int(nice) == min(own + (10 if surface == "push" else 0), 19) - own
