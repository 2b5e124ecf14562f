"""Key life, self-verification and the state of the log for monitoring."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from lookup.cli.main import main
from lookup.ledger.checkpoint import Checkpoint, sign_checkpoint
from lookup.ledger.policy import Log, Policy, accept, parse_policy
from lookup.ledger.wire import VerificationError
from lookup.services.integrate import SequencerError, open_sequencer
from lookup.services.log_key import LogKey, check_ed25519
from lookup.services.log_keys import KeyLifeError, joined, retired
from lookup.services.self_check import policy_of, self_check
from lookup.services.transparency import checkpoint
from lookup.services.verify_database import verify_database
from lookup.services.watch_log import watch_log
from lookup.services.work import announce_keys
from lookup.storage.database import Database
from tests.services.test_integrate import details, unlocked, write
from tests.services.test_verify_database import POLICY
from tests.support.contexts import key, worker

OLD, NEW = (LogKey.from_seed("lookup.test/log1", key(n)) for n in (8, 9))
OLD_ID = OLD.public.id.hex()


def newest(database: Database) -> bytes:
    """The newest note."""
    latest = checkpoint(database)
    assert latest is not None
    return latest[0]


def test_a_key_is_rotated_under_both_signatures(database: Database) -> None:
    """Old alone, both, new alone: one log that verifies throughout under the policy with sizes."""
    write(database, 3)
    open_sequencer(worker(database)).tick()
    policy = joined(POLICY, NEW.public, 3)
    both = open_sequencer(worker(database, log_key_next=key(9)))
    announce_keys(both)
    both.tick()
    assert NEW.public.vkey() in details(database, 87)[0]
    policy = retired(policy, OLD_ID, newest(database))
    assert parse_policy(policy.to_bytes()) == policy
    write(database, 3)
    open_sequencer(worker(database, log_key=key(9))).tick()
    assert list(verify_database(database, policy).lines()) == []
    assert "signature" in verify_database(database, POLICY).counts


def test_a_retired_key_signs_nothing_new(database: Database) -> None:
    """Beyond its size the old key's signature is not accepted, though it still is below."""
    write(database, 3)
    open_sequencer(worker(database, log_key_next=key(9))).tick()
    policy = retired(joined(POLICY, NEW.public, 0), OLD_ID, newest(database))
    accept(newest(database), policy, check_ed25519)
    forged = sign_checkpoint(Checkpoint(OLD.origin, 4, bytes(32)), (OLD.public, OLD.sign))
    with pytest.raises(VerificationError):
        accept(forged, policy, check_ed25519)


def test_steps_out_of_order_are_refused(database: Database) -> None:
    """No key joins twice or under another name; none is retired before another one signs."""
    write(database, 1)
    open_sequencer(worker(database)).tick()
    note = newest(database)
    with pytest.raises(KeyLifeError, match="already"):
        joined(POLICY, OLD.public, 1)
    with pytest.raises(KeyLifeError, match="same name"):
        joined(POLICY, LogKey.from_seed("other", key(9)).public, 1)
    with pytest.raises(KeyLifeError, match="not signed by another"):
        retired(joined(POLICY, NEW.public, 0), OLD_ID, note)
    with pytest.raises(KeyLifeError, match="no such key"):
        retired(POLICY, "00000000", note)


def test_the_worker_refuses_a_log_signed_by_another_key(database: Database) -> None:
    """Who starts the worker with a new key only, without the time of both, is stopped."""
    write(database, 1)
    open_sequencer(worker(database)).tick()
    with pytest.raises(SequencerError, match="another key"):
        open_sequencer(worker(database, log_key=key(9)))


def test_keys_at_the_command_line(
    migrated_url: str, database: Database, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """`logkey new`, `rotate` and `retire` write a policy file that means what they say."""
    monkeypatch.setenv("LOOKUP_DATABASE_URL", migrated_url)
    file = tmp_path / "policy"
    file.write_bytes(POLICY.to_bytes())
    assert main(["logkey", "new", "--origin", OLD.origin]) == 0
    secret, vkey = capsys.readouterr().out.splitlines()
    seed = base64.urlsafe_b64decode(secret.partition("=")[2] + "=")
    assert LogKey.from_seed(OLD.origin, seed).public.vkey() == vkey[2:]
    write(database, 2)
    open_sequencer(worker(database, log_key_next=seed)).tick()
    assert main(["logkey", "rotate", "--policy", str(file), vkey[2:]]) == 0
    assert main(["logkey", "rotate", "--policy", str(file), vkey[2:]]) == 1
    assert main(["logkey", "retire", "--policy", str(file), OLD_ID]) == 0
    old, new = parse_policy(file.read_bytes()).logs
    assert (old.to_size, new.from_size) == (3, 2)


def test_the_ledger_verifies_itself(database: Database) -> None:
    """A good check leaves sys.verify succeeded; a changed entry leaves sys.verify failed and the state is not ok."""
    write(database, 3)
    sequencer = open_sequencer(worker(database))
    sequencer.tick()
    assert watch_log(database)["last_verification"] is None
    assert self_check(worker(database))
    assert watch_log(database)["ok"] is True
    unlocked(database, "UPDATE audit_entry SET outcome = 1 WHERE seq = 2")
    assert not self_check(worker(database, policy=POLICY.to_bytes().decode()))
    told = watch_log(database)
    assert (told["ok"], told["last_verification"], told["size"]) == (False, "failed", 3)
    assert '"first":"root"' in details(database, 88)[1]


def test_an_empty_log_is_not_ok(database: Database) -> None:
    """Without a checkpoint somebody has to look; without a policy the worker's own key counts."""
    assert watch_log(database)["ok"] is False
    assert policy_of(worker(database)) == Policy((Log(OLD.public),))
