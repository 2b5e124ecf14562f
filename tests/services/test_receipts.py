"""Receipts, tiles and proofs as the public gets them: they verify with the independent verifier, and only when due."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lookup.ledger.checkpoint import read_checkpoint
from lookup.ledger.merkle import verify_consistency
from lookup.ledger.note import COSIGNATURE_V1
from lookup.ledger.policy import Log, Policy, Witness
from lookup.ledger.proof import verify_opening, verify_receipt
from lookup.ledger.tiles import edge, tile_path
from lookup.services import receipts, transparency
from lookup.services.integrate import open_sequencer
from lookup.services.log_key import LogKey, check_ed25519
from lookup.services.receipts import Waiting, make_receipt
from lookup.storage import entries
from lookup.storage.database import Database
from tests.ledger.keys import pair
from tests.services.test_integrate import write
from tests.support.contexts import citizen, key, worker

POLICY = Policy((Log(LogKey.from_seed("lookup.test/log1", key(8)).public),))
W1, _ = pair("witness.test/1", COSIGNATURE_V1, 11)


def test_a_receipt_verifies_offline_at_every_place(database: Database) -> None:
    """Receipts of entries at the edges of tiles and beyond verify under the policy and show the entry."""
    settings = citizen(database).settings
    sequencer = open_sequencer(worker(database))
    writer = write(database, 3)
    assert isinstance(make_receipt(database, settings, writer, 1), Waiting)
    for count in (253, 300, 1):
        write(database, count)
        sequencer.tick()
    for seq in (1, 256, 257, 512, 513, 557):
        made = make_receipt(database, settings, writer, seq)
        assert isinstance(made, bytes)
        told = verify_receipt(made, POLICY, check_ed25519)
        assert (told.members["w"], told.members["s"], told.index) == (writer, seq, seq - 1)
    assert isinstance(make_receipt(database, settings, writer, 558), Waiting)
    assert isinstance(make_receipt(database, settings, writer + 9, 1), Waiting)


def test_a_receipt_waits_for_the_quorum(database: Database) -> None:
    """While the policy wants a witness and none has cosigned, there is no receipt to give."""
    wanted = Policy(POLICY.logs, {b"w1": Witness(W1)}, {}, b"w1")
    settings = replace(citizen(database).settings, policy=wanted.to_bytes().decode())
    writer = write(database, 1)
    open_sequencer(worker(database)).tick()
    assert isinstance(make_receipt(database, settings, writer, 1), Waiting)


def test_the_opening_shows_the_restricted_part(database: Database) -> None:
    """Salt, network and detail open the commitment in the receipt."""
    settings = citizen(database).settings
    writer = write(database, 1)
    open_sequencer(worker(database)).tick()
    made = make_receipt(database, settings, writer, 1)
    assert isinstance(made, bytes)
    told = receipts.opening(database, writer, 1)
    with database.read() as conn:
        row = entries.get(conn, writer, 1)
    assert told is not None
    assert row is not None
    assert row.salt is not None
    assert (told["n"], told["d"]) == ("192.0.2.0/24", '{"n":1}')
    members = verify_receipt(made, POLICY, check_ed25519).members
    verify_opening(members, row.salt, told["n"], told["d"])
    assert receipts.opening(database, writer, 2) is None


def test_capabilities_belong_to_one_place_and_one_purpose(database: Database) -> None:
    """What opens one receipt opens no other, and no restricted part."""
    settings = citizen(database).settings
    own = receipts.capability(settings, "3-5")
    assert receipts.is_capable(settings, "3-5", own)
    assert not receipts.is_capable(settings, "3-6", own)
    assert not receipts.is_capable(settings, "3-5", own, "opening")
    assert not receipts.is_capable(settings, "3-5", "é")


def test_the_tiles_of_every_signed_size_are_served(database: Database) -> None:
    """Full and partial tiles down to the edge are there and give the signed root; what is not there is None."""
    sequencer = open_sequencer(worker(database))
    for count in (200, 56, 300):
        write(database, count)
        sequencer.tick()
        size = sequencer.builder.size
        for wanted in edge(size):
            data = transparency.tile(database, tile_path(wanted))
            assert data == sequencer.builder.partial(wanted.level)
        latest = transparency.checkpoint(database)
        assert latest is not None
        assert read_checkpoint(latest[0])[0].root == sequencer.builder.root()
    full = transparency.tile(database, "tile/0/000")
    assert full is not None
    assert len(full) == 8192
    assert transparency.tile(database, "tile/0/000.p/7") == full[:224]
    for path in (
        "tile/0/002",
        "tile/0/002.p/45",
        "tile/1/000",
        "tile/entries/000",
        "tile/0/0",
        "tile/x",
        "tile/63/000",
    ):
        assert transparency.tile(database, path) is None


def test_consistency_proofs_verify_between_all_signed_sizes(database: Database) -> None:
    """The proof between any two sizes leads from one signed root to the other."""
    assert transparency.checkpoint(database) is None
    sequencer = open_sequencer(worker(database))
    roots = {}
    for count in (1, 255, 44, 300):
        write(database, count)
        sequencer.tick()
        roots[sequencer.builder.size] = sequencer.builder.root()
    for old in roots:
        for new in roots:
            proof = transparency.consistency(database, old, new)
            if old > new:
                assert proof is None
            else:
                assert proof is not None
                verify_consistency(old, new, proof, roots[old], roots[new])
    assert transparency.consistency(database, 1, 601) is None


@pytest.mark.parametrize("size", [0, 5])
def test_an_empty_log_proves_nothing(database: Database, size: int) -> None:
    """No checkpoint, no tile, no proof beyond size 0."""
    assert transparency.tile(database, "tile/0/000.p/1") is None
    assert transparency.consistency(database, 0, size) == ([] if size == 0 else None)
