"""The attack matrix of docs/ledger.md, every row on both databases: what is detected and by which check, what is not.

The attacker is a database administrator: seat belts off, every statement allowed; sometimes with a stolen key too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select, text

from lookup.ledger.checkpoint import read_checkpoint
from lookup.ledger.cosignature import cosign
from lookup.ledger.entry import COLUMNS, Row, body_of_row, leaf_hash
from lookup.ledger.lane import AlarmKind
from lookup.ledger.note import parse_note
from lookup.ledger.policy import Witness as Named
from lookup.ledger.proof import parse_proof, verify_receipt
from lookup.ledger.wire import VerificationError
from lookup.ledger.witness import AddCheckpoint
from lookup.services.cosign import Witness, add_checkpoint, witness_key
from lookup.services.integrate import SequencerError, open_sequencer
from lookup.services.log_key import check_ed25519
from lookup.services.receipts import make_receipt
from lookup.services.transparency import checkpoint, consistency
from lookup.services.verify_database import verify_database
from lookup.storage import cosignatures, lanes
from lookup.storage.cosignatures import CosigRow
from lookup.storage.database import Database
from lookup.storage.lanes import abandon_lane, append
from lookup.storage.tables import audit_entry
from tests.services.test_integrate import GONE, details, seat_belts_off, write
from tests.services.test_verify_database import POLICY, built
from tests.storage.test_lanes import DRAFT
from tests.support.contexts import PEN, citizen, worker

LEDGER = (
    "audit_cosig",
    "audit_entry",
    "audit_run",
    "audit_tile",
    "audit_checkpoint",
    "audit_alarm",
    "audit_writer",
)
DOCUMENT = Path(__file__).parents[2] / "docs" / "ledger.md"


def attack(database: Database, *statements: str) -> None:
    """Change the ledger behind the service's back."""
    for table in LEDGER:
        seat_belts_off(database, table)
    with database.write() as conn:
        for statement in statements:
            conn.execute(text(statement))


def checks(database: Database, *anchors: bytes) -> set[str]:
    """The names of the checks that fail."""
    return set(verify_database(database, POLICY, anchors=anchors).counts)


def newest(database: Database) -> bytes:
    """The newest checkpoint."""
    latest = checkpoint(database)
    assert latest is not None
    return latest[0]


def rewritten(database: Database, below: int) -> None:
    """With the stolen log key: remove the end of the lane, put something else there, and sign it all anew."""
    attack(
        database,
        "DELETE FROM audit_run",
        "DELETE FROM audit_tile",
        "DELETE FROM audit_checkpoint",
        f"DELETE FROM audit_entry WHERE seq > {below}",  # noqa: S608 - a number
    )
    with database.write() as conn:
        abandon_lane(conn)
        append(conn, PEN, *[DRAFT] * (600 - below))
    open_sequencer(worker(database)).tick()


@pytest.mark.parametrize("change", ["outcome = 1", "ts = ts - 1", "net = '198.51.100.0/24'", "detail = NULL"])
def test_change_an_integrated_entry(database: Database, change: str) -> None:
    """The root at the first signed size after it differs, whichever column was changed."""
    built(database)
    attack(database, f"UPDATE audit_entry SET {change} WHERE seq = 100")  # noqa: S608 - fixed words
    assert "root" in checks(database)


def test_delete_swap_or_renumber(database: Database) -> None:
    """A deleted entry is missing; swapped ones break the root; renumbered runs are not dense."""
    built(database)
    attack(database, "UPDATE audit_entry SET seq = -1 WHERE seq = 5", "UPDATE audit_entry SET seq = 5 WHERE seq = 9",
           "UPDATE audit_entry SET seq = 9 WHERE seq = -1")  # fmt: skip
    assert "root" in checks(database)
    attack(database, "UPDATE audit_run SET first_seq = first_seq + 1 WHERE first_idx = 293")
    assert "writer-density" in checks(database)
    attack(database, "UPDATE audit_run SET first_idx = 294 WHERE first_idx = 293")
    assert "run-density" in checks(database)
    attack(database, "DELETE FROM audit_entry WHERE seq = 50")
    assert "entry-missing" in checks(database)


def test_tamper_a_tile_or_a_checkpoint(database: Database) -> None:
    """Tiles are recomputed; a checkpoint row is compared with what was signed, and the signature checked."""
    built(database)
    attack(database, "UPDATE audit_tile SET hashes = root WHERE level = 0 AND n = 1")
    assert checks(database) == {"tile"}
    attack(database, "DELETE FROM audit_tile WHERE level = 0 AND n = 1")
    assert checks(database) == {"tile"}
    attack(database, "UPDATE audit_checkpoint SET ts = ts + 3600000000 WHERE size = 293")
    assert "checkpoint-time" in checks(database)
    attack(database, "UPDATE audit_checkpoint SET note = replace(note, '600', '601') WHERE size = 600")
    assert "signature" in checks(database)
    attack(database, "DELETE FROM audit_checkpoint WHERE size = 293")
    assert "prev-chain" in checks(database)


def test_change_or_delete_before_integration(database: Database) -> None:
    """In the pending second the MAC chain finds a change and the numbers find a hole: the lane is quarantined."""
    changed = write(database, 2)
    attack(database, f"UPDATE audit_entry SET outcome = 1 WHERE writer = {changed} AND seq = 2")  # noqa: S608
    sequencer = open_sequencer(worker(database))
    sequencer.tick()
    assert sequencer.alarms[changed].kind is AlarmKind.MAC
    with database.write() as conn:
        abandon_lane(conn)
        deleted = append(conn, PEN, DRAFT)[0].writer
    write(database, 2)
    attack(database, f"DELETE FROM audit_entry WHERE writer = {deleted} AND seq = 2")  # noqa: S608 - a number
    sequencer.tick()
    assert sequencer.alarms[deleted].kind is AlarmKind.GAP
    assert checks(database) == {"alarm"}


def test_forge_without_the_mac_key(database: Database) -> None:
    """An entry that somebody else puts behind a lane's last has no good MAC."""
    writer = write(database, 1)
    names = ", ".join(COLUMNS)
    values = names.replace("seq", "2").replace("outcome", "1")
    copied = f"SELECT {values} FROM audit_entry WHERE writer = {writer}"  # noqa: S608 - fixed words
    attack(database, f"INSERT INTO audit_entry ({names}) {copied}")
    sequencer = open_sequencer(worker(database))
    assert sequencer.tick() == 1
    assert sequencer.alarms[writer].kind is AlarmKind.MAC
    assert checks(database) == {"alarm"}


def test_hide_an_alarm(database: Database) -> None:
    """Its row can go: the log tells it in an entry. A forged answer for it never gets into the tree."""
    writer = write(database, 3)
    attack(database, f"UPDATE audit_entry SET outcome = 1 WHERE writer = {writer} AND seq = 2")  # noqa: S608
    sequencer = open_sequencer(worker(database))
    for _ in range(2):
        sequencer.tick()
    names = ", ".join(COLUMNS)
    answer = f"replace('{{\"waiting\"=3,\"writer\"={writer}}}', '=', chr(58))".replace(
        "chr", "char" if database.dialect == "sqlite" else "chr"
    )
    values = names.replace("seq", "4").replace("action", "93").replace("detail", answer)
    copied = f"SELECT {values} FROM audit_entry WHERE writer = {writer} AND seq = 1"  # noqa: S608 - fixed words
    attack(database, f"INSERT INTO audit_entry ({names}) {copied}")
    open_sequencer(worker(database)).tick()
    assert checks(database) == {"alarm"}
    attack(database, "DELETE FROM audit_alarm")
    assert checks(database) == {"alarm"}


def test_delete_the_last_batch_of_a_living_writer(database: Database) -> None:
    """The writer goes on behind the hole: a gap at its next entry."""
    writer = write(database, 2)
    attack(database, f"DELETE FROM audit_entry WHERE writer = {writer} AND seq = 2")  # noqa: S608 - a number
    sequencer = open_sequencer(worker(database))
    sequencer.tick()
    assert not sequencer.alarms
    append_on(database, writer)
    sequencer.tick()
    assert sequencer.alarms[writer].kind is AlarmKind.GAP
    assert "alarm" in checks(database)


def append_on(database: Database, writer: int) -> None:
    """One more entry of the lane (the attack itself wrote none, so the pool still has it)."""
    with database.write() as conn:
        assert append(conn, PEN, DRAFT)[0].writer == writer


def test_delete_the_last_batch_of_a_crashed_writer(database: Database) -> None:
    """NOT detected: nothing comes after the hole. sys.writer_lost marks the spot where one has to ask."""
    crashed = write(database, 2)
    attack(
        database,
        f"DELETE FROM audit_entry WHERE writer = {crashed} AND seq = 2",  # noqa: S608 - a number
        f"UPDATE audit_writer SET pid = {GONE} WHERE id = {crashed}",  # noqa: S608
    )
    sequencer = open_sequencer(worker(database))
    sequencer.tick()
    sequencer.attend()
    sequencer.tick()
    assert (checks(database), sequencer.alarms) == (set(), {})
    assert details(database, 82) == [f'{{"last":1,"writer":{crashed}}}']


def test_back_date_with_the_mac_key(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """An insider's entry of an hour ago lies outside the time window of its checkpoint."""
    built(database)
    real = lanes.now_us
    monkeypatch.setattr(lanes, "now_us", lambda: real() - 3_600_000_000)
    write(database, 1)
    monkeypatch.undo()
    sequencer = open_sequencer(worker(database))
    monkeypatch.setattr(
        type(sequencer), "_explain", lambda *_: None
    )  # the insider's own sequencer keeps quiet
    sequencer.tick()
    assert checks(database) == {"entry-time"}


def truncated(database: Database, size: int) -> None:
    """Cut the log back to an earlier checkpoint."""
    attack(
        database,
        f"DELETE FROM audit_checkpoint WHERE size > {size}",  # noqa: S608 - numbers
        f"DELETE FROM audit_run WHERE first_idx >= {size}",  # noqa: S608
        f"DELETE FROM audit_entry WHERE seq > {size}",  # noqa: S608
        f"DELETE FROM audit_tile WHERE level = 0 AND (n + 1) * 256 > {size}",  # noqa: S608
    )


def test_truncate_below_an_anchor_or_restore_a_backup(database: Database, tmp_path: Path) -> None:
    """A kept checkpoint lies beyond the end; the sequencer refuses to go on; the witness answers 409."""
    file = tmp_path / "checkpoint"
    for count in (300, 300):
        write(database, count)
        open_sequencer(worker(database, checkpoint_file=str(file))).tick()
    anchor = newest(database)
    witness = Witness(*witness_key("w.test/1", "C" * 42 + "A"), POLICY, tmp_path / "state")
    assert add_checkpoint(witness, AddCheckpoint(0, (), anchor).to_bytes(), 1_800_000_000).status == 200
    truncated(database, 300)
    assert checks(database) == set()
    assert checks(database, anchor) == {"anchor"}
    with pytest.raises(SequencerError, match="behind the published"):
        open_sequencer(worker(database, checkpoint_file=str(file)))
    back = AddCheckpoint(0, (), newest(database)).to_bytes()
    assert add_checkpoint(witness, back, 1_800_000_001).status == 409


def test_truncate_after_the_last_anchor(database: Database) -> None:
    """NOT detected if nobody saw a newer checkpoint; any receipt or published checkpoint shows it."""
    writer = built(database)
    anchor, receipt = old_note(database, 300), make_receipt(database, citizen(database).settings, writer, 600)
    assert isinstance(receipt, bytes)
    truncated(database, 300)
    assert checks(database, anchor) == set()
    assert checks(database, anchor, parse_proof(receipt).note) == {"anchor"}


def old_note(database: Database, size: int) -> bytes:
    """An older checkpoint, kept elsewhere."""
    with database.read() as conn:
        note = conn.execute(text("SELECT note FROM audit_checkpoint WHERE size = :size"), {"size": size})
        return str(note.scalar_one()).encode()


def test_rewrite_with_the_stolen_key_before_an_anchor(database: Database) -> None:
    """Every signature is right, but the anchor has another root at its size: a fork."""
    built(database)
    anchor = old_note(database, 600)
    rewritten(database, 300)
    report = verify_database(database, POLICY, anchors=[anchor])
    assert set(report.counts) == {"anchor"}
    assert "FORK" in report.findings[0].message


def test_rewrite_with_the_stolen_key_after_the_last_anchor(database: Database) -> None:
    """NOT detected by the log itself; a single receipt from that time convicts."""
    writer = built(database)
    receipt = make_receipt(database, citizen(database).settings, writer, 600)
    assert isinstance(receipt, bytes)
    rewritten(database, 300)
    assert checks(database) == set()
    verify_receipt(receipt, POLICY, check_ed25519)
    assert checks(database, parse_proof(receipt).note) == {"anchor"}


def test_split_view(database: Database, tmp_path: Path) -> None:
    """The witness refuses the second tree (422); two notes of one size with two roots prove it to anybody."""
    built(database)
    one = newest(database)
    witness = Witness(*witness_key("w.test/1", "C" * 42 + "A"), POLICY, tmp_path / "state")
    assert add_checkpoint(witness, AddCheckpoint(0, (), one).to_bytes(), 1_800_000_000).status == 200
    rewritten(database, 300)
    two = newest(database)
    proof = consistency(database, 600, 600)
    assert proof == []
    assert add_checkpoint(witness, AddCheckpoint(600, (), two).to_bytes(), 1_800_000_001).status == 422
    heads = [read_checkpoint(note)[0] for note in (one, two)]
    assert heads[0].size == heads[1].size
    assert heads[0].root != heads[1].root


WITNESS = witness_key("w.test/1", "C" * 42 + "A")
WATCHED = replace(
    POLICY, witnesses={b"w1": Named(WITNESS[0]), b"w2": Named(witness_key("w.test/2", "D" * 43)[0])}
)


def cosigned(database: Database) -> None:
    """Each checkpoint cosigned by the first witness."""
    with database.write() as conn:
        for size, note in conn.execute(text("SELECT size, note FROM audit_checkpoint")).all():
            line = cosign(parse_note(note.encode()).text, *WITNESS, 1_800_000_000).line()
            cosignatures.add(conn, CosigRow(size, "w1", 1_800_000_000_000_000, line.decode()))


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit_cosig SET size = 299 WHERE size = 300",
        "UPDATE audit_cosig SET size = 601 WHERE size = 600",
        "UPDATE audit_cosig SET line = (SELECT line FROM audit_cosig WHERE size = 3) WHERE size = 300",
        "UPDATE audit_cosig SET line = 'x' WHERE size = 300",
        "UPDATE audit_cosig SET ts = ts - 60000000 WHERE size = 300",
        "UPDATE audit_cosig SET witness = 'w2' WHERE size = 300",
        "UPDATE audit_cosig SET witness = 'w9' WHERE size = 300",
    ],
)
def test_invent_or_move_a_cosignature(database: Database, change: str) -> None:
    """A stored cosignature that is wrong, foreign, of another time or on another checkpoint is found as such."""
    built(database)
    cosigned(database)
    assert list(verify_database(database, WATCHED).lines()) == []
    attack(database, change)
    assert dict(verify_database(database, WATCHED).counts) == {"cosignature": 1}


def test_two_sequencers(database: Database) -> None:
    """Prevented: the second is fenced off by the database."""
    first, second = open_sequencer(worker(database)), open_sequencer(worker(database))
    write(database, 1)
    first.tick()
    with pytest.raises(SequencerError):
        second.tick()
    assert checks(database) == set()


def test_false_search_result(database: Database) -> None:
    """Partly: a row that is shown can be proved or not; one that is left out is found only by reading the whole log."""
    writer = built(database)
    receipt = make_receipt(database, citizen(database).settings, writer, 7)
    assert isinstance(receipt, bytes)
    shown = next(iter(rows(database, 7)))
    told = verify_receipt(receipt, POLICY, check_ed25519)
    assert leaf_hash(told.body) == leaf_hash(body_of_row(shown))
    invented = body_of_row(shown._replace(outcome=1))
    forged = replace(parse_proof(receipt), extra=invented).to_bytes()
    with pytest.raises(VerificationError):
        verify_receipt(forged, POLICY, check_ed25519)


def rows(database: Database, seq: int) -> Iterable[Row]:
    """Stored rows of a number."""
    with database.read() as conn:
        return [Row(*row) for row in conn.execute(select(audit_entry).where(audit_entry.c.seq == seq))]


THIS = "test_the_documentation_tells_the_matrix_as_it_is_tested"


def test_the_documentation_tells_the_matrix_as_it_is_tested() -> None:
    """Each row of docs/ledger.md names its test here, each test is in it, and "no" stands where nothing is found."""
    table = re.findall(r"^\| (.+) \| \*{0,2}(yes|no|prevented|partly)\*{0,2} \| .+ \| `(test_\w+)` \|$",
                       DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)  # fmt: skip
    told = {name: answer for _, answer, name in table}
    here = {name: value for name, value in globals().items() if name.startswith("test_") and name in told}
    others = {name for name in globals() if name.startswith("test_")} - {
        "test_the_documentation_tells_the_matrix_as_it_is_tested"
    }
    assert set(told) == others
    not_detected = {name for name, test in here.items() if (test.__doc__ or "").startswith("NOT detected")}
    assert {name for name, answer in told.items() if answer == "no"} == not_detected
