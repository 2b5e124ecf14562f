"""The sequencer: nothing durable is left out, nothing altered is signed."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from sqlalchemy import insert, text

from lookup.ledger.checkpoint import read_checkpoint
from lookup.ledger.merkle import Frontier
from lookup.ledger.note import verify_note
from lookup.services.attend_lanes import SILENT_US
from lookup.services.integrate import BATCH, SequencerError, open_sequencer
from lookup.services.log_key import LogKey, check_ed25519
from lookup.storage import sequencing
from lookup.storage.database import Database
from lookup.storage.lanes import append, close_lanes
from lookup.storage.tables import audit_writer
from tests.storage.test_lanes import DRAFT, checked
from tests.support.contexts import PEN, key, worker


def write(database: Database, count: int) -> int:
    """Append `count` entries, each in its own transaction; returns the lane."""
    for _ in range(count):
        with database.write() as conn:
            place = append(conn, PEN, DRAFT)[0]
    return place.writer


def seat_belts_off(database: Database, table: str) -> None:
    """Take off a table's append-only triggers, as a database administrator could."""
    with database.write() as conn:
        if database.dialect == "sqlite":
            conn.execute(text(f"DROP TRIGGER IF EXISTS {table}_no_update"))
            conn.execute(text(f"DROP TRIGGER IF EXISTS {table}_no_delete"))
        else:
            conn.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))


def unlocked(database: Database, statement: str) -> None:
    """Change the ledger with the seat belts off."""
    seat_belts_off(database, "audit_entry")
    with database.write() as conn:
        conn.execute(text(statement))


def test_every_durable_entry_gets_an_index_and_a_signed_root(database: Database) -> None:
    """After a tick the checkpoint covers all entries, its root is the tree's and its signature the log's."""
    writer = write(database, 300)
    sequencer = open_sequencer(worker(database))
    assert sequencer.tick() == 300
    frontier = Frontier()
    frontier.extend(checked(database, writer).leaves)
    assert sequencer.head is not None
    checkpoint, note = read_checkpoint(sequencer.head.note.encode())
    assert (checkpoint.size, checkpoint.root) == (300, frontier.root())
    verify_note(note, [LogKey.from_seed("lookup.test/log1", key(8)).public], check_ed25519)


def test_a_restart_goes_on_where_the_last_one_stopped(database: Database) -> None:
    """The right edge rebuilt from the database gives the root that an uninterrupted run would have given."""
    frontier = Frontier()
    for count in (5, 300, 1, 260):
        write(database, count)
        sequencer = open_sequencer(worker(database))
        assert sequencer.tick() == count
        assert sequencer.tick() == 0
    with database.read() as conn:
        for run in sequencing.runs(conn):
            frontier.extend(
                checked(database, run.writer).leaves[run.first_seq - 1 : run.first_seq - 1 + run.n]
            )
    assert sequencer.builder.root() == frontier.root()


def test_an_entry_changed_before_integration_raises_an_alarm_and_the_others_go_on(database: Database) -> None:
    """A lane whose entry was altered in the pending second is quarantined by its MAC; a sys.gap entry says so."""
    writer = write(database, 2)
    unlocked(database, "UPDATE audit_entry SET outcome = 1 WHERE seq = 2")
    sequencer = open_sequencer(worker(database))
    sequencer.tick()
    assert list(sequencer.alarms) == [writer]
    assert sequencer.tick() == 1
    with database.read() as conn:
        details = conn.execute(text("SELECT detail FROM audit_entry WHERE action = 83")).scalars().all()
    assert len(details) == 1
    assert f'"writer":{writer}' in details[0]


def test_an_entry_deleted_before_integration_is_a_gap(database: Database) -> None:
    """A hole in a lane is an alarm, and what stood before it is still integrated."""
    writer = write(database, 3)
    unlocked(database, "DELETE FROM audit_entry WHERE seq = 2")
    sequencer = open_sequencer(worker(database))
    assert sequencer.tick() == 1
    assert sequencer.alarms[writer].expected == 2


def test_two_sequencers_can_not_both_extend_the_log(database: Database) -> None:
    """The second of two sequencers that read the same state is fenced off by the database."""
    first, second = open_sequencer(worker(database)), open_sequencer(worker(database))
    write(database, 1)
    assert first.tick() == 1
    with pytest.raises(SequencerError):
        second.tick()


def test_a_database_behind_the_published_checkpoint_is_refused(database: Database, tmp_path: Path) -> None:
    """After a restored backup the sequencer stops instead of signing a second history."""
    file = tmp_path / "checkpoint"
    write(database, 2)
    open_sequencer(worker(database, checkpoint_file=str(file))).tick()
    newer = file.read_bytes().replace(b"\n2\n", b"\n9\n", 1)
    file.write_bytes(newer)
    with pytest.raises(SequencerError, match="behind the published"):
        open_sequencer(worker(database, checkpoint_file=str(file)))


def test_a_transaction_larger_than_a_reading_is_integrated_whole(database: Database) -> None:
    """A lane whose one transaction has more entries than the sequencer reads at once is read again, not stuck."""
    with database.write() as conn:
        append(conn, PEN, *[DRAFT] * (2 * BATCH + 3))
    sequencer = open_sequencer(worker(database))
    assert sequencer.tick() == 2 * BATCH + 3
    assert not sequencer.alarms


def test_a_closed_lane_is_not_asked_every_time_but_never_forgotten(database: Database) -> None:
    """After sys.close a lane is looked at only now and then, also after a restart."""
    writer = write(database, 1)
    close_lanes(database, PEN)
    sequencer = open_sequencer(worker(database))
    assert sequencer.tick() == 2
    assert sequencer.ended == {writer} == open_sequencer(worker(database)).ended
    assert writer not in sequencer._cursors(False)
    assert writer in sequencer._cursors(True)


def test_a_lane_whose_process_is_gone_is_recorded_as_lost(database: Database) -> None:
    """A dead process on this host, or a day of silence elsewhere, is sys.writer_lost with its last number."""
    here, elsewhere, alive = (
        register_as(database, GONE),
        register_as(database, 1, "far.test"),
        write(database, 1),
    )
    sequencer = open_sequencer(worker(database))
    sequencer.tick()
    sequencer.attend()
    assert details(database, 82) == [f'{{"last":0,"writer":{here}}}']
    sequencer.heard[elsewhere] -= SILENT_US + 1
    sequencer.attend()
    sequencer.attend()
    assert details(database, 82)[1:] == [f'{{"last":0,"writer":{elsewhere}}}']
    assert alive not in sequencer.ended
    assert {here, elsewhere} <= open_sequencer(worker(database)).ended


def test_what_a_lane_wrongly_taken_for_lost_still_brings_is_integrated(database: Database) -> None:
    """A lane that speaks again after sys.writer_lost is awake again."""
    writer = write(database, 1)
    sequencer = open_sequencer(worker(database))
    sequencer.tick()
    sequencer.ended.add(writer)
    write(database, 2)
    sequencer.probed = 0
    assert sequencer.tick() == 2
    assert writer not in sequencer.ended


def test_an_alarm_is_remembered_over_a_restart(database: Database) -> None:
    """A quarantined lane stays quarantined and is not announced twice; one sys.gap, one row for its owner to find."""
    writer = write(database, 2)
    unlocked(database, "UPDATE audit_entry SET outcome = 1 WHERE seq = 2")
    open_sequencer(worker(database)).tick()
    sequencer = open_sequencer(worker(database))
    sequencer.tick()
    assert list(sequencer.alarms) == [writer]
    assert len(details(database, 83)) == 1
    with database.read() as conn:
        assert [(row.writer, row.kind) for row in sequencing.alarms(conn)] == [(writer, "mac")]


GONE = 2**22 + 1  # no process can have this id


def register_as(database: Database, pid: int, host: str | None = None) -> int:
    """A lane of another process."""
    with database.write() as conn:
        values = {
            "host": host or socket.gethostname(),
            "pid": pid,
            "started": 1,
            "boot": b"",
            "mac_epoch": 1,
            "kind": 1,
        }
        statement = insert(audit_writer).returning(audit_writer.c.id)
        return int(conn.execute(statement, values).scalar_one())


def details(database: Database, action: int) -> list[str]:
    """What the restricted parts of the entries of an action say, in order."""
    with database.read() as conn:
        query = text("SELECT detail FROM audit_entry WHERE action = :action ORDER BY ts")
        return list(conn.execute(query, {"action": action}).scalars())


def test_only_one_sequencer_is_elected(database: Database) -> None:
    """While one connection holds the election no other wins; afterwards the next does."""
    with database.engine.connect() as one, database.engine.connect() as two:
        assert sequencing.elect(database, one)
        assert not sequencing.elect(database, two)
        sequencing.resign(database, one)
        assert sequencing.elect(database, two)
        sequencing.resign(database, two)
