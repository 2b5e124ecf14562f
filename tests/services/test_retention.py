"""Retention: sealed, pruned, erased, restored; what stays is provable, and the database allows nothing else."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from lookup.ledger.cosignature import cosign
from lookup.ledger.note import COSIGNATURE_V1
from lookup.ledger.policy import Policy, Witness
from lookup.ledger.proof import verify_receipt
from lookup.ledger.segment import ALIGN, LEAST_DAYS, MANIFEST, RESTRICTED
from lookup.services import transparency
from lookup.services.archive import ArchiveError, seal
from lookup.services.contexts import RetentionContext
from lookup.services.integrate import Sequencer, open_sequencer
from lookup.services.log_key import check_ed25519
from lookup.services.prune import erase, erase_one, prune
from lookup.services.receipts import Archived, make_receipt
from lookup.services.restore import restore
from lookup.services.upkeep import retain
from lookup.services.verify_database import verify_database
from lookup.services.verify_files import check_segments
from lookup.settings import WorkerSettings
from lookup.storage import cosignatures, segments
from lookup.storage.cosignatures import CosigRow
from lookup.storage.database import Database
from lookup.storage.lanes import now_us
from tests.ledger.keys import pair
from tests.services.test_integrate import details, write
from tests.services.test_verify_database import POLICY
from tests.storage.test_lanes import DRAFT
from tests.support.contexts import PEN, citizen, settings, worker
from tests.support.entries import put_many

W1, SIGN = pair("witness.test/1", COSIGNATURE_V1, 11)
COSIGNED = Policy(POLICY.logs, {b"w1": Witness(W1)}, {}, b"w1")
YEAR_US = 366 * 86_400_000_000


def retention(database: Database) -> RetentionContext:
    """Whoever archives."""
    return RetentionContext(settings(WorkerSettings, ""), database, PEN)


def cosigned(database: Database, sequencer: Sequencer) -> None:
    """Integrate everything, and let the witness cosign the newest checkpoint."""
    while sequencer.tick():
        pass
    head = sequencer.head
    assert head is not None
    body = head.note.partition("\n\n")[0] + "\n"
    line = cosign(body.encode(), W1, SIGN, now_us() // 1_000_000 + 1).line().decode()
    with database.write() as conn:
        cosignatures.add(conn, CosigRow(head.size, "w1", now_us(), line))


@pytest.fixture
def log(database: Database) -> tuple[Database, Sequencer, int]:
    """A cosigned log of one segment and a bit; the lane of its entries."""
    writer = put_many(database, [DRAFT] * (ALIGN + 100))
    sequencer = open_sequencer(worker(database))
    cosigned(database, sequencer)
    return database, sequencer, writer


def test_entries_leave_the_database_only_when_everything_covers_them(
    log: tuple[Database, Sequencer, int], tmp_path: Path
) -> None:
    """Sealed, verified, recorded, cosigned, old, not past the slowest witness; proofs of the rest still verify."""
    database, sequencer, writer = log
    context, later = retention(database), now_us() + YEAR_US
    kept = tmp_path / "000000000000-000000065536"
    keeper = worker(database, archive=str(tmp_path), policy=COSIGNED.to_bytes().decode())
    retain(keeper, context)  # the worker's daily act: seals, and prunes nothing that is young
    assert list(seal(context, COSIGNED, tmp_path)) == []
    assert '"hi":65536' in details(database, 86)[0]
    assert (
        prune(context, COSIGNED, LEAST_DAYS, later) == 0
    )  # sys.archive is not under a cosigned checkpoint yet
    cosigned(database, sequencer)
    slow = replace(
        COSIGNED, witnesses={**COSIGNED.witnesses, b"w2": Witness(pair("w2", COSIGNATURE_V1, 12)[0])}
    )
    assert prune(context, slow, LEAST_DAYS, later) == 0
    assert prune(context, COSIGNED, LEAST_DAYS) == 0  # too young
    with pytest.raises(ValueError, match="183"):
        prune(context, COSIGNED, LEAST_DAYS - 1, later)
    damaged(kept / MANIFEST, context, later)
    retain(replace(keeper, settings=replace(keeper.settings, keep_days=LEAST_DAYS)), context, later)
    assert details(database, 91) == ['{"below":65536,"keep_days":183}']
    assert prune(context, COSIGNED, LEAST_DAYS, later) == ALIGN
    after_pruning(database, writer, tmp_path)


def damaged(file: Path, context: RetentionContext, later: int) -> None:
    """A segment that does not verify any more is not pruned."""
    whole = file.read_bytes()
    file.write_bytes(whole.replace(b'"v":1', b'"v":2'))
    with pytest.raises(ArchiveError, match="does not verify"):
        prune(context, COSIGNED, LEAST_DAYS, later)
    file.write_bytes(whole)


def after_pruning(database: Database, writer: int, folder: Path) -> None:
    """What stays verifies; what went is in the archive and can be put back."""
    with database.read() as conn:
        assert conn.execute(text("SELECT count(*) FROM audit_entry WHERE seq <= 65536")).scalar_one() < 10
        assert segments.minimum(conn) == ALIGN
    assert list(verify_database(database, POLICY).lines()) == []
    keys = citizen(database).settings
    assert make_receipt(database, keys, writer, 5) == Archived(0, ALIGN)
    made = make_receipt(database, keys, writer, ALIGN + 7)
    assert isinstance(made, bytes)
    assert verify_receipt(made, POLICY, check_ed25519).index == ALIGN + 6
    assert transparency.consistency(database, 300, ALIGN + 100) is None
    assert transparency.consistency(database, ALIGN, ALIGN + 100) is not None
    write(database, 3)
    assert open_sequencer(worker(database)).tick() >= 3
    segment = folder / "000000000000-000000065536"
    assert restore(database, COSIGNED, segment) > ALIGN - 10
    assert list(verify_database(database, POLICY).lines()) == []
    (segment / RESTRICTED).unlink()
    assert [report.counts for _, report in check_segments(folder, COSIGNED)] == [{}]
    shutil.rmtree(segment / "tile")
    with pytest.raises(ArchiveError):
        restore(database, COSIGNED, segment)


def test_erasing_keeps_every_proof(database: Database) -> None:
    """Net, detail and salt go, root and receipts stay; sys.* entries keep theirs; the erasure is itself an entry."""
    writer = write(database, 300)
    sequencer = open_sequencer(worker(database))
    sequencer.tick()
    context = retention(database)
    assert erase(context, 1) == 0
    assert erase_one(context, writer, 7)
    assert not erase_one(context, writer, 7)
    assert erase(context, 1, now_us() + YEAR_US) == 299
    assert erase(context, 1, now_us() + YEAR_US) == 0
    assert not erase_one(context, writer, 301)
    sequencer.tick()
    with database.read() as conn:
        query = "SELECT count(*) FROM audit_entry WHERE action < 80 AND (net IS NOT NULL OR salt IS NOT NULL)"
        assert conn.execute(text(query)).scalar_one() == 0
    assert len(details(database, 90)) == 2
    assert list(verify_database(database, POLICY).lines()) == []
    assert isinstance(make_receipt(database, citizen(database).settings, writer, 7), bytes)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET net = NULL WHERE seq = 1",
        "UPDATE audit_entry SET net = NULL, detail = NULL, salt = NULL, commitment = x'00' WHERE seq = 1",
        "UPDATE audit_entry SET net = NULL, detail = NULL, salt = NULL, commitment = actor, outcome = 1 WHERE seq = 1",
        "DELETE FROM audit_entry WHERE seq = 1",
        "DELETE FROM audit_tile",
        "INSERT INTO audit_pruned VALUES (65536, 1)",
        "INSERT INTO audit_segment VALUES (65536, 131072, 200000, x'00', '', 1)",
        "INSERT INTO audit_segment VALUES (0, 100, 200, x'00', '', 1)",
    ],
)
def test_the_database_allows_nothing_but_these_acts(database: Database, statement: str) -> None:
    """Even with every right, its triggers refuse what is neither an erasure nor a pruning of archived entries."""
    write(database, 300)
    open_sequencer(worker(database)).tick()
    said = statement.replace("x'00'", "'\\x00'") if database.dialect == "postgresql" else statement
    with pytest.raises(DBAPIError, match="append-only"), database.write() as conn:
        conn.execute(text(said))
