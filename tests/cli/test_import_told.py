"""What `lookup import` tells and leaves: what was looked for, what is missing, what waits, how far it is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import select, update

from lookup.cli.import_input import lines, measure, open_input
from lookup.cli.import_one import Importing, import_file
from lookup.cli.main import main
from lookup.client_files import SignedFile
from lookup.ledger.entry import ACTIONS
from lookup.services.register_client import resume, suspend
from lookup.storage import tables
from tests.support.processes import ROOT
from tests.support.pushing import SEED, SOURCE, Desk, count, event

Read = pytest.CaptureFixture[str]


def signed(desk: Desk, path: Path, *numbers: int) -> Path:
    """A signed file with the first event of each of these incidents."""
    path.parent.mkdir(exist_ok=True)
    with SignedFile(path, desk.key, SEED, SOURCE) as out:
        for number in numbers:
            out.add(event(f"e-{number}", subject=f"369901260302081405{number:02}"))
    return path


def entries(desk: Desk) -> int:
    """How many entries there are about files."""
    query = select(tables.audit_entry.c.seq).where(tables.audit_entry.c.action == ACTIONS["push.file"])
    with desk.context.database.read() as conn:
        return len(conn.execute(query).all())


def test_an_empty_folder_is_told_and_no_failure(configured: Desk, tmp_path: Path, capsys: Read) -> None:
    """What was looked for is said, so that a wrong folder is noticed; there is nothing to run again for."""
    (tmp_path / "drop" / "done").mkdir(parents=True)
    (tmp_path / "drop" / "README.txt").touch()
    assert main(["import", str(tmp_path / "drop")]) == 0
    told = capsys.readouterr().err
    assert "没有要导入的文件" in told
    assert "nothing to import; looked for NAME.sig" in told


def test_what_a_file_lacks_is_told(configured: Desk, tmp_path: Path, capsys: Read) -> None:
    """No signature, one cut off, no file, too short, no such name: each by itself, alone and in a folder."""
    folder = tmp_path / "drop"
    for name in ("1", "2", "3", "4", "5"):
        signed(configured, folder / f"{name}.ndjson", int(name))
    (folder / "1.ndjson.sig").unlink()
    (folder / "2.ndjson.sig").write_text("Content-Digest: x")
    (folder / "3.ndjson").unlink()
    (folder / "4.ndjson").write_bytes(b"{}\n")
    lacking = {
        "1": "there is no 1.ndjson.sig",
        "2": "2.ndjson.sig does not end with a newline",
        "3": "there is its signature, but not the file",
        "4": "it is shorter than signed",
    }
    for name, text in lacking.items():
        assert main(["import", str(folder / f"{name}.ndjson")]) == 3
        assert text in capsys.readouterr().err
    assert main(["import", str(folder)]) == 3
    told = capsys.readouterr().err
    assert all(text in told for text in lacking.values())
    assert (folder / "done" / "5.ndjson").exists()
    assert main(["import", str(tmp_path / "nothing.ndjson")]) == 2
    assert "there is no such file" in capsys.readouterr().err


def test_each_file_of_a_folder_is_told_and_the_status_is_the_worst(
    configured: Desk, tmp_path: Path, capsys: Read
) -> None:
    """A refused one stops no other; where each lies now is said in both languages."""
    folder = tmp_path / "drop"
    for number in (1, 2, 3):
        signed(configured, folder / f"{number}.ndjson", number)
    bad = folder / "1.ndjson"
    bad.write_bytes(bad.read_bytes().replace(b"e-1", b"e-9"))
    assert main(["import", str(folder)]) == 4
    told = capsys.readouterr().err
    assert "1.ndjson 被拒绝（file.digest）：文件内容与签名时不同。一条也没有接收。现在在 refused/。" in told
    assert "Nothing of it was applied. It is in refused/ now." in told
    assert "3.ndjson 已导入 imported：接受 accepted 1；答复 answers：done/3.ndjson.result.ndjson" in told
    assert count(configured.context.database, tables.event) == 2


def expire(desk: Desk) -> None:
    """Let the registration of the client be over."""
    with desk.context.database.write() as conn:
        conn.execute(update(tables.client).values(expires=int((time.time() - 60) * 1_000_000)))


def prolong(desk: Desk) -> None:
    """Let it go on."""
    with desk.context.database.write() as conn:
        conn.execute(update(tables.client).values(expires=None))


@pytest.mark.parametrize("rule", ["client-suspended", "client-expired"])
def test_a_file_of_a_client_that_may_not_act_now_waits(
    configured: Desk, tmp_path: Path, capsys: Read, rule: str
) -> None:
    """It is told, stays where it is without a result, and is taken once the client may act again."""
    held = signed(configured, tmp_path / "drop" / "day.ndjson", 1)
    suspend(configured.context, "tester", "yunxi") if rule == "client-suspended" else expire(configured)
    for given in (held, held.parent):
        assert main(["import", str(given)]) == 3
        told = capsys.readouterr().err
        assert f"day.ndjson 暂不导入（{rule}）" in told
        assert f"is not taken yet ({rule})" in told
        assert "run again" in told
    assert sorted(os.listdir(held.parent)) == ["day.ndjson", "day.ndjson.sig"]
    resume(configured.context, "tester", "yunxi") if rule == "client-suspended" else prolong(configured)
    assert main(["import", str(held.parent)]) == 0
    assert (held.parent / "done" / "day.ndjson").exists()
    assert count(configured.context.database, tables.event) == 1


def test_what_waits_is_told_and_entered_once_a_run(configured: Desk, tmp_path: Path) -> None:
    """A watched folder does not fill the ledger or the screen at every look."""
    path = signed(configured, tmp_path / "day.ndjson", 1)
    suspend(configured.context, "tester", "yunxi")
    known: set[tuple[str, str]] = set()

    def told_before(file: str, rule: str) -> bool:
        before = (file, rule) in known
        known.add((file, rule))
        return before

    run = Importing(configured.context, "tester", len, bool, known=told_before)
    assert [import_file(run, path).state for _ in range(3)] == ["held"] * 3
    assert entries(configured) == 1


def test_a_watched_folder_says_that_it_waits_and_tells_once(configured: Desk, tmp_path: Path) -> None:
    """The operator sees that it runs, and one word of a file that is held, however often it is looked at."""
    path = signed(configured, tmp_path / "drop" / "1.ndjson", 1)
    suspend(configured.context, "tester", "yunxi")
    words = [sys.executable, "-m", "lookup", "import", "--watch", "--every", "0.05", str(path.parent)]
    with subprocess.Popen(words, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        told = [process.stderr.readline() for _ in range(3)]
        signed(configured, tmp_path / "drop" / "2.ndjson.part", 2)  # held too: proof of another look
        told += [process.stderr.readline() for _ in range(2)]
        process.send_signal(signal.SIGTERM)
        _, rest = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "waiting for files" in told[0]
    assert ["1.ndjson" in line for line in told] == [False, True, True, False, False]
    assert "1.ndjson" not in rest
    assert entries(configured) == 2


def test_the_share_of_a_small_file_is_that_of_its_lines(configured: Desk, tmp_path: Path) -> None:
    """A file below a piece of reading is not done after its first batch; the last line ends with the file."""
    path = signed(configured, tmp_path / "day.ndjson", 1, 2, 3, 4)
    said: list[str] = []
    import_file(Importing(configured.context, "tester", said.append, bool, batch=1), path)
    assert [text.split(" %")[0].strip() for text in said] == ["25", "50", "75", "100"]
    (tmp_path / "open").write_bytes(b"a\n\nbb\r\nccc")
    opened = open_input(tmp_path / "open")
    assert opened is not None
    with opened:
        found = list(lines(opened, 10, measure(opened, 10)))
    assert found == [(1, 2, b"a"), (3, 7, b"bb\r"), (4, 10, b"ccc")]


def test_each_earlier_result_is_kept_and_told(configured: Desk, tmp_path: Path, capsys: Read) -> None:
    """It may hold references, so nothing of it goes; the operator learns that it is there and what it is called."""
    path = signed(configured, tmp_path / "day.ndjson", 1)
    assert main(["import", str(path)]) == 0
    assert "earlier result" not in capsys.readouterr().err
    for number in (2, 3):
        assert main(["import", "--again", str(path)]) == 0
        assert f"kept as day.ndjson.result.ndjson~{number}\n" in capsys.readouterr().err
        assert Path(f"{path}.result.ndjson~{number}").exists()


def test_a_database_without_the_schema_is_told_as_such(
    configured: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Read
) -> None:
    """What to run is said; one that is not there is told apart; nothing of Python or SQL."""
    path = signed(configured, tmp_path / "day.ndjson", 1)
    monkeypatch.setenv("LOOKUP_DATABASE_URL", f"sqlite:///{tmp_path}/new.db")
    assert main(["import", str(path)]) == 3
    told = capsys.readouterr().err
    assert "请先运行 lookup migrate" in told
    assert "Run `lookup migrate`, then this again" in told
    monkeypatch.setenv("LOOKUP_DATABASE_URL", f"sqlite:///{tmp_path}/nowhere/new.db")
    assert main(["import", str(path.parent)]) == 3
    told = capsys.readouterr().err
    assert "Check LOOKUP_DATABASE_URL" in told
    assert "Error" not in told


def test_a_wrong_seal_key_is_told_and_stops_no_other(
    configured: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Read
) -> None:
    """A shared secret can not be opened with it; the settings are named, the file stays, others are taken."""
    key, folder = configured.keyed("hmac-sha256", b"s" * 32), tmp_path / "drop"
    signed(configured, folder / "2.ndjson", 2)
    with SignedFile(folder / "1.ndjson", key, b"s" * 32, SOURCE, algorithm="hmac-sha256") as out:
        out.add(event())
    monkeypatch.setenv("LOOKUP_SEAL_KEY", "A" * 43)
    assert main(["import", str(folder)]) == 3
    assert "LOOKUP_SEAL_KEY is not the one" in capsys.readouterr().err
    assert count(configured.context.database, tables.event) == 1
    assert (folder / "1.ndjson").exists()


@pytest.mark.parametrize("option", ["--every", "--patience"])
@pytest.mark.parametrize("number", ["0", "-1", "nan", "inf", "1e9", "x"])
def test_a_wrong_number_is_told_in_plain_words(capsys: Read, option: str, number: str) -> None:
    """Neither what was typed nor a name of Python; and no watch that ends in a traceback."""
    with pytest.raises(SystemExit) as ended:
        main(["import", f"{option}={number}", "drop"])
    assert ended.value.code == 2
    assert capsys.readouterr().err.splitlines()[-1].endswith("must be above 0, at most 86,400")


def test_a_file_that_was_changed_after_its_import_is_not_told_as_imported(
    configured: Desk, tmp_path: Path, capsys: Read
) -> None:
    """A finished result speaks for the bytes that were signed; others of the same length are refused."""
    file = signed(configured, tmp_path / "e.ndjson", 1)
    assert main(["import", str(file)]) == 0
    file.write_bytes(file.read_bytes().replace(b'"e-1"', b'"e-9"'))
    capsys.readouterr()
    assert main(["import", str(file)]) == 4
    assert "refused (file.digest)" in capsys.readouterr().err
