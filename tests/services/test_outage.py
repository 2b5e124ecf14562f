"""Outages: nothing is answered without its entry, and afterwards the log says how much was refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from lookup.services.leave import leave, leaving
from lookup.services.outage import Outage
from lookup.storage.database import Database, open_database
from lookup.storage.lanes import append
from tests.services.test_integrate import details
from tests.storage.test_lanes import DRAFT
from tests.support.contexts import PEN, worker


def test_refused_answers_are_counted_into_the_first_entry_after_the_outage(
    database: Database, tmp_path: Path
) -> None:
    """Counts are kept while entries can not be written and left as one sys.gap as soon as they can."""
    broken = open_database(f"sqlite:///{tmp_path / 'no-schema.db'}")
    outage = Outage()
    assert outage.settle(broken, PEN)
    for _ in range(3):
        outage.refuse()
    assert not outage.settle(broken, PEN)
    outage.refuse()
    assert outage.settle(database, PEN)
    assert outage.settle(database, PEN)
    assert ['"refused":4' in detail for detail in details(database, 83)] == [True]
    broken.close()


def test_a_command_that_fails_ends_in_order_too(database: Database) -> None:
    """`leaving` closes the lanes of a command however it ends, so that nobody asks where its process went."""
    with database.write() as conn:
        append(conn, PEN, DRAFT)
    with pytest.raises(ZeroDivisionError), leaving(worker(database)):
        _ = 1 / 0
    assert len(details(database, 81)) == 1


def test_a_process_can_always_end(database: Database, tmp_path: Path) -> None:
    """Lanes are closed at an orderly end; a database that is gone does not keep the process from ending."""
    with database.write() as conn:
        append(conn, PEN, DRAFT)
    assert leave(worker(database)) == 1
    assert leave(None) == 0
    broken = open_database(f"sqlite:///{tmp_path / 'no-schema.db'}")
    with broken.read() as conn:
        conn.info["lane"] = object()
    assert leave(worker(broken)) == 0
    broken.close()
