"""`lookup verify receipt`, `lookup checkpoint` and `lookup witness key` as a person at a shell meets them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lookup.cli.main import main
from lookup.ledger.policy import parse_policy
from lookup.services.integrate import open_sequencer
from lookup.services.receipts import make_receipt, opening
from lookup.storage.database import Database
from tests.services.test_integrate import write
from tests.services.test_receipts import POLICY
from tests.support.contexts import citizen, worker


@pytest.fixture
def files(database: Database, tmp_path: Path) -> tuple[Path, Path, str]:
    """A receipt, a policy, and what opens the restricted part."""
    writer = write(database, 3)
    open_sequencer(worker(database)).tick()
    made = make_receipt(database, citizen(database).settings, writer, 2)
    parts = opening(database, writer, 2)
    assert isinstance(made, bytes)
    assert parts is not None
    (tmp_path / "receipt").write_bytes(made)
    (tmp_path / "policy").write_bytes(POLICY.to_bytes())
    return tmp_path / "receipt", tmp_path / "policy", f"{parts.pop('salt')}:{json.dumps(parts)}"


def test_a_receipt_is_verified_offline(
    files: tuple[Path, Path, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """A genuine receipt is OK with exit 0 and says which entry it is; with its opening too."""
    receipt, policy, opened = files
    assert main(["verify", "receipt", str(receipt), "--policy", str(policy), "--open", opened]) == 0
    told = capsys.readouterr().out
    assert "lookup.verify refused" in told
    assert told.endswith("the restricted part is the one that was committed to\n")


def test_what_is_not_genuine_fails(files: tuple[Path, Path, str], capsys: pytest.CaptureFixture[str]) -> None:
    """A changed receipt or a wrong opening is one FAIL line and exit 1; an unreadable file is exit 2."""
    receipt, policy, opened = files
    words = ["verify", "receipt", str(receipt), "--policy", str(policy)]
    for wrong in (opened.replace("192.0.2", "192.0.3"), "AAAA:{}", "AAAA:[]", "AAAA", 'AAAA:{"n":1}'):
        assert main([*words, "--open", wrong]) == 1
        assert capsys.readouterr().out.startswith("FAIL opening")
    receipt.write_bytes(receipt.read_bytes().replace(b"index 1", b"index 2"))
    assert main(words) == 1
    assert capsys.readouterr().out.startswith("FAIL inclusion")
    assert main(["verify", "receipt", str(receipt) + "x", "--policy", str(policy)]) == 2
    assert main(["verify", "receipt", str(receipt), "--policy", str(receipt)]) == 2


def test_a_folder_without_segments_is_said_so(files: tuple[Path, Path, str]) -> None:
    """Verifying nothing is not success."""
    receipt, policy, _ = files
    assert main(["verify", "log", "--dir", str(receipt.parent), "--policy", str(policy)]) == 2


def test_the_newest_checkpoint_is_printed_or_kept(
    migrated_url: str, database: Database, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes],
) -> None:  # fmt: skip
    """`lookup checkpoint` prints the note, `--daily` keeps it; an empty log is exit 1."""
    monkeypatch.setenv("LOOKUP_DATABASE_URL", migrated_url)
    assert main(["checkpoint"]) == 1
    write(database, 3)
    open_sequencer(worker(database)).tick()
    assert main(["checkpoint"]) == 0
    printed = capfdbinary.readouterr().out
    assert printed.startswith(b"lookup.test/log1\n3\n")
    assert main(["checkpoint", "--daily", str(tmp_path / "kept")]) == 0
    assert [file.read_bytes() for file in (tmp_path / "kept").iterdir()] == [printed]


def test_a_witness_key_is_made_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The line that is printed goes into a policy file as it is; an existing key is never overwritten."""
    words = ["witness", "key", str(tmp_path / "key"), "--name", "witness.test/1"]
    assert main(words) == 0
    line = capsys.readouterr().out
    assert list(parse_policy(line.encode() + b"quorum w1\n").witnesses) == [b"w1"]
    assert (tmp_path / "key").stat().st_mode & 0o077 == 0
    assert main(words) == 2
