"""A drop folder that others can write to: one bad name harms only itself, and nothing is lost or believed wrongly."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from lookup.cli.import_failures import Failures
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


@pytest.mark.parametrize("shelf", ["done", "refused"])
@pytest.mark.parametrize("make", [Path.touch, lambda path: path.symlink_to("/nowhere")], ids=["file", "link"])
def test_nothing_is_taken_when_it_could_not_be_put_away(
    configured: Desk,
    tmp_path: Path,
    shelf: str,
    make: Callable[[Path], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A file or link in the place of done/ or refused/ is told, and everything waits until it is gone."""
    good = signed(configured, tmp_path / "drop" / "zz.ndjson")
    make(good.parent / shelf)
    assert main(["import", str(good.parent)]) == 3
    assert f"{shelf} in it must be a folder" in capsys.readouterr().err
    assert count(configured.context.database, tables.event) == 0
    (good.parent / shelf).unlink()
    assert main(["import", str(good.parent)]) == 0


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
