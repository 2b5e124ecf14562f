"""Ledger lanes: a connection numbers its own commits."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import time_machine
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError

from lookup.ledger.entry import COLUMNS
from lookup.ledger.lane import LaneState, Run, check_run, derive_key
from lookup.storage.database import Database, open_database
from lookup.storage.lanes import FULL, Draft, append, close_lanes, resting, writer_of
from lookup.storage.ledger_tables import audit_alarm
from lookup.storage.tables import audit_entry, audit_writer
from tests.support.contexts import PEN

DRAFT = Draft("lookup.verify", "refused", b"a" * 16, b"r" * 16, "192.0.2.0/24", {"n": 1})


def rows_of(database: Database, writer: int) -> list[tuple[object, ...]]:
    """The lane's rows in the ledger library's column order."""
    columns = [getattr(audit_entry.c, name) for name in COLUMNS]
    query = select(*columns).where(audit_entry.c.writer == writer).order_by(audit_entry.c.seq)
    with database.read() as conn:
        return [tuple(row) for row in conn.execute(query)]


def checked(database: Database, writer: int) -> Run:
    """The lane as the sequencer sees it; fails on an alarm."""
    with database.read() as conn:
        boot = conn.execute(select(audit_writer.c.boot).where(audit_writer.c.id == writer)).scalar_one()
    run = check_run(LaneState(writer, derive_key(PEN.master, writer, boot)), rows_of(database, writer))
    assert isinstance(run, Run)
    return run


def fail(database: Database) -> None:
    """Append two entries in a transaction that does not commit."""
    with database.write() as conn:
        append(conn, PEN, DRAFT, DRAFT)
        raise RuntimeError


def test_a_lane_is_dense_and_sealed_over_many_transactions(database: Database) -> None:
    """Entries of one connection are numbered without holes and their MAC chain holds."""
    for size in (1, 3, 2):
        with database.write() as conn:
            places = append(conn, PEN, *[DRAFT] * size)
    assert checked(database, places[0].writer).state.seq == 6


def test_a_rollback_reuses_its_numbers(database: Database) -> None:
    """What was rolled back leaves no hole and no broken chain behind."""
    with database.write() as conn:
        first = append(conn, PEN, DRAFT)[0]
    with pytest.raises(RuntimeError):
        fail(database)
    with database.write() as conn:
        second = append(conn, PEN, DRAFT)[0]
    assert (second.writer, second.seq) == (first.writer, first.seq + 1)
    assert checked(database, first.writer).state.seq == 2


def test_a_rolled_back_registration_leaves_no_lane(database: Database) -> None:
    """A lane that was registered in a transaction that failed does not exist, and the next one registers anew."""
    with pytest.raises(RuntimeError):
        fail(database)
    with database.write() as conn:
        place = append(conn, PEN, DRAFT)[0]
    assert place.seq == 1
    assert checked(database, place.writer).state.seq == 1


def test_parallel_writers_never_disturb_each_other(database: Database) -> None:
    """Every lane of eight threads is dense and sealed, and together they hold every entry."""

    def write(_: int) -> int:
        with database.write() as conn:
            return append(conn, PEN, DRAFT)[0].writer

    with ThreadPoolExecutor(8) as threads:
        writers = list(threads.map(write, range(120)))
    assert sum(checked(database, writer).state.seq for writer in set(writers)) == 120


def test_lanes_are_closed_in_order(database: Database) -> None:
    """At its end a process leaves sys.close as the last entry of each of its lanes; a later entry gets a new lane."""
    with database.write() as one, database.engine.connect():
        first = append(one, PEN, DRAFT)[0]
    assert close_lanes(database, PEN) == 1
    assert close_lanes(database, PEN) == 0
    last = rows_of(database, first.writer)[-1]
    assert (last[1], last[3], last[8]) == (2, 81, f'{{"last":2,"writer":{first.writer}}}')
    assert checked(database, first.writer).state.seq == 2
    with database.write() as conn:
        assert append(conn, PEN, DRAFT)[0].writer != first.writer


def test_a_quarantined_lane_is_given_up_within_a_minute(database: Database) -> None:
    """Its owner asks once a minute; after an alarm the next entry stands in a new lane."""
    with time_machine.travel(time.time()) as clock:
        with database.write() as conn:
            old = append(conn, PEN, DRAFT)[0].writer
        with database.write() as conn:
            conn.execute(
                insert(audit_alarm), {"writer": old, "kind": "mac", "expected": 1, "found": 1, "ts": 1}
            )
        with database.write() as conn:
            assert append(conn, PEN, DRAFT)[0].writer == old
        clock.shift(61)
        with database.write() as conn:
            new = append(conn, PEN, DRAFT)[0].writer
            assert new != old
        with database.write() as conn:
            assert writer_of(conn) == new


def test_a_full_lane_is_closed_and_followed_by_another(database: Database) -> None:
    """Before its numbers exceed their column a lane ends with `sys.close`, in the transaction of the next entry."""
    with database.write() as conn:
        old = append(conn, PEN, DRAFT)[0].writer
        conn.info["lane_pending"] = replace(conn.info["lane_pending"], seq=FULL)
    with database.read() as conn:
        assert resting(conn.info) is None
    with database.write() as conn:
        new = append(conn, PEN, DRAFT)[0]
    assert new.seq == 1
    assert checked(database, new.writer).state.seq == 1
    last = rows_of(database, old)[-1]
    assert (last[1], last[3], last[8]) == (FULL + 1, 81, f'{{"last":{FULL + 1},"writer":{old}}}')


@pytest.mark.parametrize("statement", ["UPDATE audit_entry SET ts = 0", "DELETE FROM audit_entry"])
def test_entries_can_not_be_changed_by_the_service(database: Database, statement: str) -> None:
    """An UPDATE or DELETE of ledger entries is refused by the database itself."""
    with database.write() as conn:
        append(conn, PEN, DRAFT)
    with pytest.raises(DBAPIError, match="append-only"), database.write() as conn:
        conn.execute(text(statement))


def test_the_embedded_database_syncs_every_commit_and_queues_in_the_kernel(sqlite_url: str) -> None:
    """SQLite runs with WAL and synchronous=FULL, and each connection holds its own place in the writers' queue."""
    database = open_database(sqlite_url)
    with database.read() as one, database.read() as two:
        assert one.execute(text("PRAGMA synchronous")).scalar_one() == 2
        assert one.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
        assert one.info["queue"] != two.info["queue"]
        assert os.fstat(one.info["queue"]).st_ino == os.fstat(two.info["queue"]).st_ino
    database.close()
