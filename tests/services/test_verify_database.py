"""`verify db`: an honest ledger holds, and each way to change it in the database is found by the check named."""

from __future__ import annotations

import time

import pytest
import time_machine
from sqlalchemy import text

from lookup.ledger.checkpoint import Checkpoint, sign_checkpoint
from lookup.ledger.policy import Log, Policy
from lookup.services.integrate import open_sequencer
from lookup.services.log_key import LogKey
from lookup.services.verify_database import verify_database
from lookup.storage.database import Database
from tests.services.test_integrate import seat_belts_off, unlocked, write
from tests.support.contexts import key, worker

POLICY = Policy((Log(LogKey.from_seed("lookup.test/log1", key(8)).public),))


def built(database: Database) -> int:
    """A ledger of 600 entries over several checkpoints; returns the first lane."""
    sequencer = open_sequencer(worker(database))
    for count in (3, 290, 7, 300):
        writer = write(database, count)
        sequencer.tick()
    return writer


def test_an_honest_ledger_holds(database: Database) -> None:
    """Nothing is found, live or not, and the size is the number of entries."""
    built(database)
    report = verify_database(database, POLICY, live=True)
    assert list(report.lines()) == []
    assert report.size == 600


@pytest.mark.parametrize(
    ("statement", "check"),
    [
        ("UPDATE audit_entry SET outcome = 1 WHERE seq = 100", "root"),
        ("UPDATE audit_entry SET net = '198.51.100.0/24' WHERE seq = 599", "root"),
        ("UPDATE audit_entry SET ts = ts - 86400000000 WHERE seq = 7", "root"),
        ("UPDATE audit_entry SET action = 999 WHERE seq = 9", "entry-malformed"),
        ("DELETE FROM audit_entry WHERE seq = 300", "entry-missing"),
        ("DELETE FROM audit_entry WHERE seq = 600", "entry-missing"),
        (
            "INSERT INTO audit_entry SELECT writer + 77, seq, ts, action, outcome, actor, report, net, detail, salt, "
            "commitment, mac FROM audit_entry WHERE seq = 1",
            "entry-extra",
        ),
    ],
)
def test_each_change_of_an_entry_is_found(database: Database, statement: str, check: str) -> None:
    """An edited, deleted or inserted entry is found, and by the check that its kind calls for."""
    built(database)
    unlocked(database, statement)
    assert check in verify_database(database, POLICY).counts


def test_reordered_entries_are_found(database: Database) -> None:
    """Two entries that change places break the root of every later checkpoint."""
    writer = built(database)
    for old, new in ((100, -1), (200, 100), (-1, 200)):
        change = f"UPDATE audit_entry SET seq = {new} WHERE writer = {writer} AND seq = {old}"  # noqa: S608 - numbers
        unlocked(database, change)
    assert "root" in verify_database(database, POLICY).counts


def test_a_waiting_entry_is_no_finding_until_it_waits_too_long(database: Database) -> None:
    """A fresh entry may wait for the sequencer; an old one in a live log is reported."""
    built(database)
    write(database, 1)
    assert not verify_database(database, POLICY, live=True).counts
    unlocked(database, "UPDATE audit_entry SET ts = ts - 3600000000 WHERE seq = 601")
    assert "entry-pending" in verify_database(database, POLICY, live=True).counts


def test_missing_time_is_found(database: Database) -> None:
    """Nothing signed until now, in a log that lives, is silence; so is a hole that no `sys.late` explains."""
    built(database)
    with time_machine.travel(time.time() + 200):
        assert set(verify_database(database, POLICY, live=True).counts) == {"silence"}
        assert not verify_database(database, POLICY).counts
        sequencer = open_sequencer(worker(database))
        sequencer.say("sys.heartbeat", "succeeded", {})
        sequencer.head = None  # a sequencer that keeps quiet about its absence
        sequencer.tick()
        assert set(verify_database(database, POLICY).counts) == {"silence"}


def test_a_foreign_signature_is_found(database: Database) -> None:
    """A log signed by a key that the policy does not list is not accepted."""
    built(database)
    stranger = Policy((Log(LogKey.from_seed("lookup.test/log1", key(9)).public),))
    assert "signature" in verify_database(database, stranger).counts


def test_an_anchor_from_another_history_is_a_fork(database: Database) -> None:
    """A checkpoint kept elsewhere must lie on the history that the database tells."""
    built(database)
    with database.read() as conn:
        notes = conn.execute(text("SELECT note FROM audit_checkpoint ORDER BY size")).scalars().all()
    assert not verify_database(database, POLICY, anchors=[note.encode() for note in notes]).counts
    own = LogKey.from_seed("lookup.test/log1", key(8))
    forked = sign_checkpoint(Checkpoint(own.origin, 300, b"x" * 32), (own.public, own.sign))
    assert set(verify_database(database, POLICY, anchors=[forked]).counts) == {"anchor"}


def test_a_truncated_log_is_found_by_an_anchor(database: Database) -> None:
    """Cutting off the end of the log leaves an anchor beyond its end."""
    built(database)
    with database.read() as conn:
        newest = conn.execute(text("SELECT note FROM audit_checkpoint WHERE size = 600")).scalar_one()
    for table, column in (("audit_checkpoint", "size"), ("audit_run", "first_idx")):
        seat_belts_off(database, table)
        with database.write() as conn:
            conn.execute(text(f"DELETE FROM {table} WHERE {column} >= 300"))  # noqa: S608 - fixed names
    unlocked(database, "DELETE FROM audit_entry WHERE seq > 300")
    assert "anchor" in verify_database(database, POLICY, anchors=[newest.encode()]).counts
