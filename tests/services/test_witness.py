"""The witness and the log that asks it, over real HTTP: growth is cosigned, a fork never."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lookup.ledger.checkpoint import Checkpoint, sign_checkpoint
from lookup.ledger.policy import Log, Policy
from lookup.ledger.policy import Witness as Named
from lookup.ledger.proof import verify_receipt
from lookup.ledger.wire import sha256
from lookup.ledger.witness import AddCheckpoint
from lookup.services import collect_cosignatures
from lookup.services.collect_cosignatures import collect, post
from lookup.services.cosign import Witness, add_checkpoint, witness_key
from lookup.services.export_checkpoint import export_daily
from lookup.services.integrate import open_sequencer
from lookup.services.log_key import LogKey, check_ed25519
from lookup.services.receipts import make_receipt
from lookup.storage import cosignatures
from lookup.storage.database import Database
from lookup.storage.witness_state import locked
from lookup.web.witness import create_app
from tests.services.test_integrate import write
from tests.support.contexts import citizen, key, worker
from tests.support.serving import on_loopback

OWN = LogKey.from_seed("lookup.test/log1", key(8))
SEED = "C" * 42 + "A"
KEY, SIGN = witness_key("witness.test/1", SEED)


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    """A witness that trusts the log."""
    return Witness(KEY, SIGN, Policy((Log(OWN.public),)), tmp_path / "state.db")


@pytest.fixture
def address(witness: Witness) -> Iterator[str]:
    """The witness on a loopback port."""
    with on_loopback(create_app(witness)) as address:
        yield address


def policy_with(address: str) -> Policy:
    """The log's policy: one witness at this address, and it must have cosigned."""
    return Policy((Log(OWN.public),), {b"w1": Named(KEY, address.encode())}, {}, b"w1")


def test_checkpoints_are_cosigned_and_receipts_carry_it(database: Database, address: str) -> None:
    """Each newest checkpoint gets its cosignature, and a receipt then satisfies the policy that wants it."""
    policy = policy_with(address)
    sequencer = open_sequencer(worker(database))
    for count in (3, 300):
        writer = write(database, count)
        sequencer.tick()
        assert collect(database, policy) == {}
    assert collect(database, policy) == {}
    with database.read() as conn:
        assert cosignatures.reached(conn) == {"w1": 303}
    settings = replace(citizen(database).settings, policy=policy.to_bytes().decode())
    made = make_receipt(database, settings, writer, 300)
    assert isinstance(made, bytes)
    assert list(verify_receipt(made, policy, check_ed25519).accepted.cosigned) == [b"w1"]


def test_a_log_that_forgot_its_cosignatures_goes_on(
    database: Database, address: str, witness: Witness
) -> None:
    """When the witness knows a size that the log does not, its 409 is taken up; a larger size is a problem."""
    sequencer = open_sequencer(worker(database))
    write(database, 5)
    sequencer.tick()
    assert sequencer.head is not None
    with locked(witness.state) as state:
        state.store(Checkpoint(OWN.origin, 5, sequencer.head.root))
    write(database, 5)
    sequencer.tick()
    assert collect(database, policy_with(address)) == {}
    with locked(witness.state) as state:
        state.store(Checkpoint(OWN.origin, 99, bytes(32)))
    write(database, 1)
    sequencer.tick()
    assert "larger log" in collect(database, policy_with(address))["w1"]


def test_a_fork_is_never_cosigned(witness: Witness) -> None:
    """A second tree of the same size, signed with the real key, is 422 and changes nothing; so is a smaller one."""

    def ask(old: int, head: Checkpoint) -> int:
        data = AddCheckpoint(old, (), sign_checkpoint(head, (OWN.public, OWN.sign))).to_bytes()
        return add_checkpoint(witness, data, 1_800_000_000).status

    one = Checkpoint(OWN.origin, 1, sha256(b"\0a"))
    assert ask(0, one) == 200
    assert ask(1, one) == 200
    assert ask(1, replace(one, root=sha256(b"\0b"))) == 422
    assert ask(0, one) == 409
    with locked(witness.state) as state:
        assert state.last(OWN.origin) == one


def test_what_is_not_a_request_is_refused(address: str, witness: Witness) -> None:
    """Garbage is 400, another log 404, and nothing is remembered."""
    url = f"{address}/add-checkpoint"
    assert post(url, b"garbage")[0] == 400
    other = LogKey.from_seed("other.test/log", key(9))
    note = sign_checkpoint(Checkpoint(other.origin, 0, sha256(b"")), (other.public, other.sign))
    assert post(url, AddCheckpoint(0, (), note).to_bytes())[0] == 404
    with locked(witness.state) as state:
        assert state.last(other.origin) is None


def test_a_witness_that_does_not_answer_holds_nothing_up(database: Database) -> None:
    """Problems are reported by witness, never raised."""
    write(database, 1)
    open_sequencer(worker(database)).tick()
    assert list(collect(database, policy_with("http://127.0.0.1:9"))) == ["w1"]
    assert list(collect(database, policy_with("gopher://x"))) == ["w1"]
    assert "answered 500" in collect(database, policy_with("http://x"), lambda *_: (500, b""))["w1"]
    line = "— other AAAAAAA=\n".encode()
    assert "no cosignature" in collect(database, policy_with("http://x"), lambda *_: (200, line))["w1"]


def test_the_worker_collects_by_itself(database: Database, address: str) -> None:
    """In the worker a thread asks the witnesses of the policy setting; without any there is no thread."""
    stop = threading.Event()
    assert collect_cosignatures.start(worker(database), stop) is None
    write(database, 1)
    open_sequencer(worker(database)).tick()
    text = policy_with(address).to_bytes().decode()
    thread = collect_cosignatures.start(worker(database, policy=text), stop)
    assert thread is not None
    for _ in range(600):
        with database.read() as conn:
            if cosignatures.reached(conn):
                break
        stop.wait(0.05)
    stop.set()
    thread.join()
    with database.read() as conn:
        assert cosignatures.reached(conn) == {"w1": 1}


def test_a_key_that_is_none_is_refused() -> None:
    """A witness key is 32 bytes in base64url."""
    for seed in ("", "short", "é" * 43):
        with pytest.raises(ValueError, match="32 bytes"):
            witness_key("w", seed)


def test_one_checkpoint_a_day_is_kept_outside(database: Database, tmp_path: Path) -> None:
    """The first checkpoint of each day in Shanghai stays in its file; an empty log leaves none."""
    late, next_day = datetime(2026, 3, 2, 15, 59, tzinfo=UTC), datetime(2026, 3, 2, 16, 1, tzinfo=UTC)
    assert export_daily(database, tmp_path, late) is None
    sequencer = open_sequencer(worker(database))
    for moment, count in ((late, 1), (late, 1), (next_day, 1)):
        write(database, count)
        sequencer.tick()
        export_daily(database, tmp_path, moment)
    sizes = {file.name: file.read_bytes().split(b"\n")[1] for file in tmp_path.glob("*.txt")}
    assert sizes == {"2026-03-02.txt": b"1", "2026-03-03.txt": b"3"}
