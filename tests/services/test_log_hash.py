"""A log that hashes with SM3: whole from entry to receipt, recorded, never mixed with or changed to another hash."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lookup.ledger.lane import AlarmKind
from lookup.ledger.policy import parse_policy
from lookup.ledger.proof import verify_receipt
from lookup.ledger.provider import HASHES, digest_named, name_of, sm3
from lookup.ledger.wire import VerificationError, sha256
from lookup.ledger.witness import AddCheckpoint
from lookup.services.cosign import Witness, add_checkpoint, witness_key
from lookup.services.integrate import SequencerError, open_sequencer
from lookup.services.log_key import check_ed25519
from lookup.services.prune import erase_one
from lookup.services.receipts import make_receipt
from lookup.services.transparency import checkpoint, consistency
from lookup.services.upkeep import retain
from lookup.services.verify_database import verify_database
from lookup.settings import SettingsError, WorkerSettings, read
from lookup.storage.database import Database, open_database
from tests.services.test_integrate import write
from tests.services.test_retention import retention
from tests.services.test_verify_database import POLICY
from tests.support.contexts import citizen, worker
from tests.support.processes import environment

OTHER = replace(POLICY, hash="sm3")


@pytest.fixture
def national(migrated_url: str) -> Iterator[Database]:
    """An empty log that hashes with SM3."""
    database = open_database(migrated_url, digest=sm3)
    yield database
    database.close()


def test_sm3_is_sm3() -> None:
    """The published value of GB/T 32905-2016, appendix A; names and functions belong together."""
    assert sm3(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert [name_of(digest_named(name)) for name in HASHES] == ["sha256", "sm3"]


def test_a_log_of_sm3_is_whole(national: Database, tmp_path: Path) -> None:
    """Sequenced, restarted, erased, verified, witnessed and receipted with SM3; with SHA-256 nothing of it holds."""
    context = worker(national, log_hash="sm3")
    writer = write(national, 300)
    open_sequencer(context).tick()
    first = checkpoint(national)
    assert erase_one(retention(national), writer, 7)
    write(national, 300)
    open_sequencer(context).tick()
    assert list(verify_database(national, OTHER).lines()) == []
    assert "root" in verify_database(national, POLICY).counts
    receipt = make_receipt(national, citizen(national).settings, writer, 9)
    assert isinstance(receipt, bytes)
    assert verify_receipt(receipt, OTHER, check_ed25519, sm3).index == 8
    with pytest.raises(VerificationError):
        verify_receipt(receipt, POLICY, check_ed25519)
    last = checkpoint(national)
    assert first is not None
    assert last is not None
    proof = tuple(consistency(national, 300, 601) or ())
    asked = [AddCheckpoint(0, (), first[0]), AddCheckpoint(300, proof, last[0])]
    for policy, statuses in ((OTHER, [200, 200]), (POLICY, [200, 422])):
        witness = Witness(*witness_key("w.test/1", "C" * 42 + "A"), policy, tmp_path / policy.hash)
        told = [add_checkpoint(witness, each.to_bytes(), 1_800_000_000).status for each in asked]
        assert told == statuses
    retain(context, retention(national))


def test_a_living_log_keeps_its_hash(national: Database, migrated_url: str) -> None:
    """A worker set to another hash does not start, nor one whose policy says another; the log itself says which."""
    context = worker(national, log_hash="sm3")
    sequencer = open_sequencer(context)
    sequencer.say("sys.boot", "succeeded", {"size": 0, "hash": "sm3"})
    sequencer.tick()
    plain = open_database(migrated_url)
    with pytest.raises(SequencerError, match="created with sm3"):
        open_sequencer(worker(plain))
    with pytest.raises(SequencerError, match="LOOKUP_POLICY"):
        open_sequencer(worker(national, log_hash="sm3", policy=POLICY.to_bytes().decode()))
    open_sequencer(worker(national, log_hash="sm3", policy=OTHER.to_bytes().decode()))
    plain.close()


def test_another_hash_in_a_living_log_is_an_alarm(national: Database, migrated_url: str) -> None:
    """A process that writes with SHA-256 into a log of SM3 does not get its entries into the tree."""
    plain = open_database(migrated_url)
    writer = write(plain, 2)
    sequencer = open_sequencer(worker(national, log_hash="sm3"))
    sequencer.tick()
    assert sequencer.alarms[writer].kind is AlarmKind.MAC
    plain.close()


def test_the_policy_says_the_hash() -> None:
    """Others read the line as a comment; another name, or the line twice, is refused."""
    assert OTHER.to_bytes().startswith(b"#hash sm3\nlog ")
    assert parse_policy(OTHER.to_bytes()) == OTHER
    assert parse_policy(POLICY.to_bytes()).digest is sha256
    for line in (b"#hash md5\n", b"#hash\n", b"#hash sm3 sm3\n", b"#hash sm3\n#hash sm3\n", b"#hash \xff\n"):
        with pytest.raises(VerificationError):
            parse_policy(line + POLICY.to_bytes())


def test_the_setting_is_refused_where_it_can_not_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """An unknown name, or SM3 with an OpenSSL that has none, is said so at the start."""
    environ = environment("sqlite:////nowhere/x.db", 1)
    assert read(WorkerSettings, environ | {"LOOKUP_LOG_HASH": "sm3"}).log_hash == "sm3"
    with pytest.raises(SettingsError, match="sha256 or sm3"):
        read(WorkerSettings, environ | {"LOOKUP_LOG_HASH": "md5"})

    def without(name: str, data: bytes = b"") -> None:
        raise ValueError(name)

    monkeypatch.setattr(hashlib, "new", without)
    with pytest.raises(SettingsError, match="no SM3"):
        read(WorkerSettings, environ | {"LOOKUP_LOG_HASH": "sm3"})
    with pytest.raises(VerificationError, match="no SM3"):
        parse_policy(OTHER.to_bytes())
