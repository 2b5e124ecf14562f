"""Entry bundles: for an audit administrator only, each fetch an entry, and enough to verify the whole log elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from lookup.cli.auditor import SignInError, console_reader, keeping
from lookup.cli.main import main
from lookup.ledger.checkpoint import Checkpoint, sign_checkpoint
from lookup.ledger.entry import body_of_row
from lookup.ledger.tiles import decode_bundle
from lookup.services.integrate import open_sequencer
from lookup.services.manage_staff import Issued
from lookup.services.verify_files import check_bundles, reader
from lookup.storage import rereading
from lookup.storage.database import Database
from lookup.web.console import create_app
from tests.services.test_integrate import write
from tests.services.test_log_keys import OLD
from tests.services.test_verify_database import POLICY
from tests.support import accounts, contexts
from tests.support.serving import on_loopback


@pytest.fixture
def auditor(database: Database) -> Issued:
    """An audit administrator, and a log of 300 entries (299 and the making of the account)."""
    issued = accounts.made(contexts.console(database), "shen.ji", "audit_administrator")
    write(database, 299)
    open_sequencer(contexts.worker(database)).tick()
    return issued


@pytest.fixture
def address(database: Database, auditor: Issued) -> Iterator[str]:
    """The console on a loopback port."""
    context = contexts.console(database)
    app = create_app(replace(context, settings=replace(context.settings, public_url="http://127.0.0.1")))
    with on_loopback(app) as served:
        yield served


def fetched(database: Database) -> list[tuple[int, str | None]]:
    """Outcome and detail of each fetch of a bundle."""
    query = text("SELECT outcome, detail FROM audit_entry WHERE action = 45 ORDER BY writer, seq")
    with database.read() as conn:
        return [(row.outcome, row.detail) for row in conn.execute(query)]


def test_the_log_is_fetched_kept_and_verified_elsewhere(
    database: Database, address: str, auditor: Issued, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Bundles are the entries' exact bodies; they lead to the signed root, from the console and from the kept files."""
    read = console_reader(address, "shen.ji", auditor.factors.password, accounts.code(auditor))
    report = check_bundles(keeping(read, tmp_path / "kept"), POLICY, None)
    assert (list(report.lines()), report.size) == ([], 300)
    with database.read() as conn:
        bodies = [body_of_row(row) for row in rereading.entries_between(conn, 0, 256)]
    assert decode_bundle((tmp_path / "kept/tile/entries/000").read_bytes(), 256) == bodies
    told = [(1, '{"count":256,"first":0}'), (1, '{"count":44,"first":256}')]
    assert fetched(database) == told
    assert (read("tile/entries/001.p/45"), read("tile/entries/x"), read("tile/0/000")) == (None, None, None)
    assert fetched(database)[2:] == [(2, '{"count":45,"first":256}'), (2, None)]
    (tmp_path / "policy").write_bytes(POLICY.to_bytes())
    words = ["verify", "log", "--dir", str(tmp_path / "kept"), "--policy", str(tmp_path / "policy")]
    assert main(words) == 0
    assert "OK: 300 entries" in capsys.readouterr().out
    file = tmp_path / "kept/tile/entries/001.p/44"
    file.write_bytes(file.read_bytes().replace(b'"o":"refused"', b'"o":"limited"', 1))
    assert main(words) == 1
    assert capsys.readouterr().out.startswith("FAIL root")


def test_a_checkpoint_of_earlier_must_lie_on_the_log(address: str, auditor: Issued, tmp_path: Path) -> None:
    """A kept checkpoint with another root is a fork, a larger one a log that was cut; a hole is a missing bundle."""
    read = console_reader(address, "shen.ji", auditor.factors.password, accounts.code(auditor))
    check_bundles(keeping(read, tmp_path), POLICY, None)
    for size, check in ((300, "anchor"), (7, "anchor"), (301, "anchor")):
        old = sign_checkpoint(Checkpoint(OLD.origin, size, bytes(32)), (OLD.public, OLD.sign))
        assert set(check_bundles(reader(tmp_path), POLICY, old).counts) == {check}
    note = (tmp_path / "checkpoint").read_bytes()
    assert check_bundles(reader(tmp_path), POLICY, note).anchors == 1
    (tmp_path / "tile/entries/000").unlink()
    assert set(check_bundles(reader(tmp_path), POLICY, None).counts) == {"entry-missing"}


def test_a_supervisor_gets_no_bundle(database: Database, address: str, auditor: Issued) -> None:
    """Another role, a wrong password and no console at all are said so, and nothing is handed out."""
    other = accounts.made(contexts.console(database))
    read = console_reader(address, "lin.dudao", other.factors.password, accounts.code(other))
    with pytest.raises(SignInError, match="no right"):
        read("tile/entries/000")
    with pytest.raises(SignInError, match="not accepted"):
        console_reader(address, "shen.ji", "wrong", accounts.code(auditor))
    with pytest.raises(SignInError, match="no sign-in page"):
        console_reader(address + "/healthz", "shen.ji", "", "")
    with pytest.raises(SignInError, match="https"):
        console_reader("file:///etc", "", "", "")
    assert fetched(database) == []
