"""A drop folder that others can write to: one bad name harms only itself, and nothing is lost or believed wrongly."""

from __future__ import annotations

import json
import os
import signal
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from lookup.cli import import_files
from lookup.cli.import_failures import Failures
from lookup.cli.import_marks import open_own
from lookup.cli.import_one import Importing, import_file
from lookup.cli.main import main
from lookup.client_files import SignedFile
from lookup.storage import tables
from tests.support.pushing import SEED, SOURCE, Desk, count, event


def signed(desk: Desk, path: Path, id_: str = "e-1") -> Path:
    """A signed file of one event."""
    path.parent.mkdir(exist_ok=True)
    with SignedFile(path, desk.key, SEED, SOURCE) as out:
        out.add(event(id_))
    return path


def long_name(folder: Path) -> None:
    """A file whose result could not have a name."""
    for name in ("a" * 245, "a" * 245 + ".sig"):
        (folder / name).write_text("x\n")


BAD: dict[str, tuple[int, Callable[[Path], object]]] = {
    "a folder as signature": (4, lambda folder: (folder / "aa.sig").mkdir()),
    "a link as signature": (4, lambda folder: (folder / "aa.sig").symlink_to("/etc/passwd")),
    "a link to itself": (4, lambda folder: (folder / "aa.sig").symlink_to("aa.sig")),
    "a pipe as signature": (4, lambda folder: os.mkfifo(folder / "aa.sig")),
    "a signature of nothing": (0, lambda folder: (folder / ".sig").touch()),
    "a long name": (3, long_name),
}


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_name_harms_only_itself(configured: Desk, tmp_path: Path, bad: str) -> None:
    """What comes after it in the folder is imported all the same, and the exit status tells of it."""
    status, spoil = BAD[bad]
    good = signed(configured, tmp_path / "drop" / "zz.ndjson")
    spoil(good.parent)
    assert main(["import", str(good.parent)]) == status
    assert count(configured.context.database, tables.event) == 1
    assert (good.parent / "done" / good.name).exists()


@pytest.mark.parametrize("make", [Path.touch, lambda path: path.symlink_to("..")], ids=["file", "link"])
@pytest.mark.parametrize(("shelf", "status"), [("done", 0), ("refused", 4)])
def test_what_lies_in_the_place_of_a_shelf_is_put_aside(
    configured: Desk, tmp_path: Path, shelf: str, status: int, make: Callable[[Path], None]
) -> None:
    """A file named done stops nothing, and through a link nothing gets to where somebody else wants it."""
    path = signed(configured, tmp_path / "drop" / "day.ndjson")
    if status:
        path.write_bytes(b"x" * path.stat().st_size)
    make(path.parent / shelf)
    assert main(["import", str(path.parent)]) == status
    assert sorted(os.listdir(path.parent)) == [shelf, f"{shelf}~2"]
    assert len(os.listdir(path.parent / shelf)) == 3
    assert not (path.parent / shelf).is_symlink()


def test_a_failure_is_told_once_while_it_stays(capsys: pytest.CaptureFixture[str]) -> None:
    """It is not tried at every look, told anew only when it differs, and forgotten when it is gone."""
    tried: list[str] = []

    def fail(text: str) -> Callable[[], int]:
        def act() -> int:
            tried.append(text)
            raise OSError(5, text)

        return act

    patient, hasty, path = Failures(), Failures(pause=0), Path("x\n.ndjson")
    assert [patient.guard(path, fail("broken")) for _ in range(3)] == [3, 3, 3]
    assert tried == ["broken"]
    assert [hasty.guard(path, fail(text)) for text in ("one", "one", "two")] == [3, 3, 3]
    assert hasty.guard(path, lambda: 1) == 1
    hasty.guard(path, fail("two"))
    told = [line.split(": ")[1].split(".")[0] for line in capsys.readouterr().err.splitlines()]
    assert told == ["broken", "one", "two", "two"]


def meanwhile(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Have something happen once, while the first batch of the next import is being told."""
    waiting, make = [act], import_files._importing

    def importing(run: import_files._Run, path: Path) -> Importing:
        return replace(make(run, path), say=lambda _: waiting and waiting.pop()())

    monkeypatch.setattr(import_files, "_importing", importing)


ARRIVALS: dict[str, tuple[bool, bool]] = {"both": (True, True), "not its signature yet": (True, False)}


@pytest.mark.parametrize("arrival", ARRIVALS)
def test_the_next_file_of_the_same_name_is_not_put_away_with_the_first(
    configured: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arrival: str
) -> None:
    """What is renamed into place during an import was not imported: it stays, whole, and is taken at the next look."""
    path = signed(configured, tmp_path / "drop" / "today.ndjson")
    following = signed(configured, tmp_path / "next", "e-2")
    raw = following.read_bytes()

    def rename(*which: bool) -> None:
        for wanted, end in zip(which, ("", ".sig"), strict=True):
            if wanted:
                os.rename(f"{following}{end}", f"{path}{end}")

    meanwhile(monkeypatch, lambda: rename(*ARRIVALS[arrival]))
    assert main(["import", str(path.parent)]) == 0
    assert path.read_bytes() == raw
    assert (path.parent / "done" / "today.ndjson.result.ndjson").exists()
    assert not (path.parent / "done" / "today.ndjson").exists()
    if arrival != "both":
        assert sorted(os.listdir(path.parent)) == ["done", "today.ndjson"]
        rename(False, True)
    assert main(["import", str(path.parent)]) in (0, 1)
    assert (path.parent / "done" / "today.ndjson").read_bytes() == raw
    assert (path.parent / "done" / "today.ndjson.result.ndjson~2").exists()


def test_a_file_that_is_written_over_during_its_import_stays(
    configured: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sender that does not rename loses nothing either: at the next look it is refused as not what was signed."""
    path = signed(configured, tmp_path / "drop" / "today.ndjson")
    meanwhile(monkeypatch, lambda: path.write_bytes(b"{}"))
    assert main(["import", str(path.parent)]) == 0
    assert path.read_bytes() == b"{}"
    path.write_bytes(b"x" * 4000)
    assert main(["import", str(path.parent)]) == 4


def head(path: Path) -> bytes:
    """The first line that the result of a file would have, without a mark; anybody can compute it."""
    sig = Path(f"{path}.sig").read_text()
    nonce, key = sig.split('nonce="')[1].split('"')[0], sig.split('keyid="')[1].split('"')[0]
    digest = sig.splitlines()[0].split(": ")[1]
    told = {"file": nonce, "digest": digest, "bytes": path.stat().st_size, "client": "yunxi", "key": key}
    return json.dumps(told, separators=(",", ":")).encode() + b"\n"


def forged(path: Path, raw: bytes, mode: int = 0o600) -> None:
    """Lay a file, owned by whom the import runs as."""
    path.write_bytes(raw)
    path.chmod(mode)


ACCEPTED, SUM = (
    b'{"line":1,"outcome":"accepted"}\n',
    b'{"status":"imported","events":1,"counts":{"accepted":1}}\n',
)
MARK = b',"mark":"' + b"A" * 43 + b'"}\n'
FORGERIES: dict[str, Callable[[Path, Path, Path], object]] = {
    "a result": lambda path, result, part: forged(result, head(path) + ACCEPTED + SUM),
    "a result with marks": lambda path, result, part: forged(
        result, b"".join(line[:-2] + MARK for line in (head(path), ACCEPTED, SUM))
    ),
    "a result that is a folder": lambda path, result, part: result.mkdir(),
    "a part": lambda path, result, part: forged(part, head(path) + ACCEPTED),
    "a part with marks": lambda path, result, part: forged(
        part, b"".join(line[:-2] + MARK for line in (head(path), ACCEPTED))
    ),
    "a part for everybody": lambda path, result, part: forged(part, head(path), 0o666),
    "a link as part": lambda path, result, part: part.symlink_to(path.parent.parent / "elsewhere"),
    "a folder as part": lambda path, result, part: part.mkdir(),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_what_others_lay_beside_a_file_is_not_believed(
    configured: Desk, tmp_path: Path, forgery: str
) -> None:
    """Every event is taken, and the answers, which hold references, are where only their owner can read them."""
    path = signed(configured, tmp_path / "drop" / "day.ndjson")
    result = Path(f"{path}.result.ndjson")
    FORGERIES[forgery](path, result, Path(f"{result}.part"))
    assert main(["import", str(path)]) == 0
    assert count(configured.context.database, tables.event) == 1
    assert not (tmp_path / "elsewhere").exists()
    status = result.lstat()
    assert (stat.S_ISREG(status.st_mode), stat.S_IMODE(status.st_mode)) == (True, 0o600)
    assert status.st_uid == os.geteuid()
    assert json.loads(result.read_bytes().splitlines()[1])["reference"]


def test_an_edited_result_of_our_own_is_not_believed(configured: Desk, tmp_path: Path) -> None:
    """The mark of the last line covers all before it: with another sum, or a line less, the file is imported again."""
    path = signed(configured, tmp_path / "drop" / "day.ndjson")
    result = Path(f"{path}.result.ndjson")
    for old, new in ((b'"accepted"', b'"waiting"'), (b'"outcome":', b'"outcome": ')):
        assert main(["import", str(path)]) == 0
        result.write_bytes(result.read_bytes().replace(old, new, 1))
    assert main(["import", str(path)]) == 0
    assert Path(f"{result}~3").exists()
    assert main(["import", str(path)]) == 0
    assert not Path(f"{result}~4").exists()


def test_only_what_belongs_to_who_imports_is_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another user could read the references that would be written into a file of theirs."""
    path = tmp_path / "part"
    forged(path, b"")
    mine = open_own(path, os.O_RDWR)
    assert mine is not None
    mine.close()
    other = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: other)
    assert open_own(path, os.O_RDWR) is None


@pytest.mark.parametrize("line", [ACCEPTED, ACCEPTED[:-2] + MARK], ids=["plain", "marked"])
def test_what_was_added_to_our_own_part_is_not_believed(
    configured: Desk, tmp_path: Path, line: bytes
) -> None:
    """After an interruption the import goes on behind the last right mark."""
    path = signed(configured, tmp_path / "drop" / "day.ndjson")
    assert import_file(Importing(configured.context, "tester", len, lambda: True), path).state == "stopped"
    with Path(f"{path}.result.ndjson.part").open("ab") as part:
        part.write(line)
    assert main(["import", str(path)]) == 0
    assert count(configured.context.database, tables.event) == 1


def test_what_an_interrupted_folder_still_holds_is_told(
    configured: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C ends after the batch in hand; how many files were not looked at is said, and the next run takes them."""
    for name in ("1", "2", "3"):
        signed(configured, tmp_path / "drop" / f"{name}.ndjson", f"e-{name}")
    meanwhile(monkeypatch, lambda: os.kill(os.getpid(), signal.SIGINT))
    assert main(["import", str(tmp_path / "drop")]) == 3
    told = capsys.readouterr().err
    assert "1.ndjson 已导入" in told
    assert "还有 2 个文件没有处理 / Interrupted: 2 more to be looked at; run again." in told
    assert main(["import", str(tmp_path / "drop")]) == 0
    assert (tmp_path / "drop" / "done" / "3.ndjson").exists()
