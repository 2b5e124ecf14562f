"""`lookup reconcile`: what a source asks at the end of a day, as people do it."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lookup.cli.main import main
from lookup.client_oversight import list_hash, parts
from tests.support import databases
from tests.support.lists import DAY, UNIT, hashed, number, numbers, tell
from tests.support.pushing import BATCH, LINES, SEED, SOURCE, Desk, dump, event, later
from tests.support.pushing_http import served

Run = Callable[..., int]


@pytest.fixture
def source(tmp_path: Path) -> Iterator[tuple[Desk, Run]]:
    """A served desk, and `lookup reconcile` with address and key filled in."""
    key = tmp_path / "key.secret"
    key.write_text(base64.urlsafe_b64encode(SEED).decode() + "\n")
    with databases.migrated_sqlite(tmp_path) as url, databases.opened(url) as database:
        desk = Desk(database)
        with served(desk) as (address, _):
            words = ["--url", address, "--key-id", desk.key, "--key-file", str(key), "--source", SOURCE]
            yield desk, lambda action, *more: main(["reconcile", action, *words, *map(str, more)])


def test_a_list_is_sent_and_looked_at_again(
    source: tuple[Desk, Run], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is missing is printed with what to do, and the status says so until it has come."""
    desk, run = source
    tell(desk, 1, 2)
    file = tmp_path / "numbers.txt"
    file.write_text("\n".join(numbers(3, 1, 1)) + "\n")
    assert run("manifest", file, "--day", DAY, "--dry-run") == 1
    assert "never received" in capsys.readouterr().out
    assert run("show", DAY) == 3
    assert run("manifest", file, "--day", DAY) == 1
    told = capsys.readouterr().out
    assert (
        told.index("never received")
        < told.index(number(3))
        < told.index("not on the list")
        < told.index(number(2))
    )
    tell(desk, 3)
    file.write_text("\n".join(numbers(1, 2, 3)))
    assert run("manifest", file, "--day", DAY) == 3
    assert "manifest.head" in capsys.readouterr().err
    assert run("manifest", file, "--day", DAY, "--id", "second", "--unit", UNIT) == 0
    assert run("show", "second") == 0
    assert "equal" in capsys.readouterr().out


def test_faults_of_a_list_name_lines_of_the_file(
    source: tuple[Desk, Run], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Numbers are sent sorted and each once; what is wrong with one is told at the line where it first stands."""
    _, run = source
    file = tmp_path / "numbers.txt"
    file.write_text(f"{number(7)}\n\n{number(3)}, 3699-bad\n{number(1)}\n3699-bad\n1\n")
    assert run("manifest", file, "--day", DAY) == 3
    said = capsys.readouterr().err
    assert [line.split(":")[0].strip() for line in said.splitlines()[1:]] == ["line 3", "line 6"]
    assert "3699-bad" not in said
    assert run("manifest", file, "--day", "2999-01-01", "--unit", "36", "--id", "a b") == 3
    said = capsys.readouterr().err
    assert "--unit: " in said
    assert "--id: " in said


def test_a_fault_beyond_the_first_part_names_its_line(
    source: tuple[Desk, Run], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A pointer counts within its part; the line is told all the same."""
    _, run = source
    day = [
        f"369901260302{second // 3600:02}{second // 60 % 60:02}{second % 60:02}01" for second in range(10_000)
    ]
    file = tmp_path / "numbers.txt"
    file.write_text("\n".join(["ZZ-wrong", *reversed(day)]))
    assert run("manifest", file, "--day", DAY) == 3
    assert "  line 1: " in capsys.readouterr().err


@pytest.mark.parametrize("day", ["foo", "2026-13-45", "02.03.2026"])
def test_a_day_that_is_none_is_told_with_the_form_wanted(
    source: tuple[Desk, Run], tmp_path: Path, capsys: pytest.CaptureFixture[str], day: str
) -> None:
    """Status 2, before anything is sent or written."""
    _, run = source
    file, out = tmp_path / "numbers.txt", tmp_path / "out.ndjson"
    file.write_text(number(1))
    for words in (
        ("manifest", file, "--day", day, "--to-file", out),
        ("drift", file, "--day", day),
        ("waiting", "--day", DAY, "--until", day),
    ):
        with pytest.raises(SystemExit, match="2"):
            run(*words)
        assert ": a day is written as 2026-03-02" in capsys.readouterr().err
    assert not out.exists()


def test_a_list_that_was_replaced_says_by_which(
    source: tuple[Desk, Run], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It asks for no event any more: the later list counts, whole or in parts as the first one came."""
    desk, run = source
    tell(desk, 1)
    file = tmp_path / "numbers.txt"
    file.write_text("\n".join(numbers(1, 2)))
    assert run("manifest", file, "--day", DAY) == 1
    file.write_text(number(1))
    assert run("manifest", file, "--day", DAY, "--id", "second") == 0
    capsys.readouterr()
    assert run("show", DAY) == 0
    said = capsys.readouterr().out
    assert "replaced by second" in said
    assert "`lookup reconcile show second`" in said
    assert "send" not in said
    assert number(2) not in said


def test_a_list_that_is_not_there_is_told(
    source: tuple[Desk, Run], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One of which nothing was sent, and a file that can not be read, sent or written to a file."""
    _, run = source
    assert run("show", "never-sent") == 3
    assert "no list under this id" in capsys.readouterr().err
    for words in ((), ("--to-file", tmp_path / "out.ndjson")):
        assert run("manifest", tmp_path / "none.txt", "--day", DAY, *words) == 2
        assert "the file can not be read: No such file" in capsys.readouterr().err
    (tmp_path / "latin.txt").write_bytes(b"\xff\xfe")
    assert run("manifest", tmp_path / "latin.txt", "--day", DAY, "--to-file", tmp_path / "out.ndjson") == 2
    assert "no text in UTF-8" in capsys.readouterr().err
    (tmp_path / "marked.txt").write_text(number(1), encoding="utf-8-sig")
    assert run("manifest", tmp_path / "marked.txt", "--day", DAY) == 1
    assert number(1) in capsys.readouterr().out


def test_drift_names_the_units_that_differ(
    source: tuple[Desk, Run], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only units whose lists differ are printed, with both counts."""
    desk, run = source
    tell(desk, 1, 2)
    file = tmp_path / "day.csv"
    file.write_text(f"{UNIT},{number(1)}\n{UNIT},{number(2)}\n")
    assert run("drift", file, "--day", DAY) == 0
    file.write_text(f"{UNIT} {number(1)}\n369902510000 {number(3)}\n")
    assert run("drift", file, "--day", DAY) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[1:] == [f"{UNIT}: 1 here, 2 received", "369902510000: 1 here, 0 received"]
    file.write_text("only-one-word\n")
    assert run("drift", file, "--day", DAY) == 2
    assert run("drift", tmp_path / "none", "--day", DAY) == 2


def test_gaps_are_printed(source: tuple[Desk, Run], capsys: pytest.CaptureFixture[str]) -> None:
    """A source that never counted, and one whose numbers may still be on their way."""
    desk, run = source
    assert run("gaps") == 0
    two = [dump(event(f"e-{n}", sequence=str(n), subject=number(n))) for n in (1, 4)]
    desk.send(b"\n".join(two), LINES)
    assert run("gaps") == 0
    assert "From 1 to 4: 0 missing, 2 may be on their way." in capsys.readouterr().out


def test_numbers_are_declared_unused(source: tuple[Desk, Run], capsys: pytest.CaptureFixture[str]) -> None:
    """A rehearsal, the declaration, what `gaps` says then and once something has come; mistakes are named."""
    desk, run = source
    two = [dump(event(f"e-{n}", sequence=str(n), subject=number(n))) for n in (1, 4)]
    desk.send(b"\n".join(two), LINES)
    assert run("gaps", "--unused", "2-3", "--reason", "rolled_back", "--dry-run") == 0
    assert run("gaps", "--unused", "2-3", "--reason", "rolled_back") == 0
    assert "Declared as never used: 2 to 3 (rolled_back)." in capsys.readouterr().out
    desk.send(event("e-3", sequence="3", subject=number(3)))
    assert run("gaps") == 0
    told = capsys.readouterr().out
    assert "2 more were declared as never used." in told
    assert "something has come all the same: 3" in told
    assert run("gaps", "--unused", "4", "--reason", "counter_moved") == 3
    assert "unused.came" in capsys.readouterr().err
    assert (run("gaps", "--unused", "2"), run("gaps", "--dry-run")) == (2, 2)
    assert "rolled_back, counter_moved, other_use" in capsys.readouterr().err
    for wrong in ("x", "2-", "3-2-1"):
        with pytest.raises(SystemExit, match="2"):
            run("gaps", "--unused", wrong, "--reason", "rolled_back")
    assert "such as 17-20" in capsys.readouterr().err


def test_what_waits_is_printed(source: tuple[Desk, Run], capsys: pytest.CaptureFixture[str]) -> None:
    """An event that fits nothing, until its predecessor has come."""
    desk, run = source
    desk.send([event(), later("e-3", "J30", 20)], BATCH)
    assert run("waiting", "--day", DAY) == 1
    assert "J30, where it stands at J10" in capsys.readouterr().out
    desk.send([later("e-2", "J20", 15)], BATCH)
    assert run("waiting", "--day", DAY) == 0


def test_long_lists_are_cut_into_parts() -> None:
    """Every number is in exactly one part; count and hash are of the whole; an empty list is one part."""
    made = list(parts("x", DAY, numbers(1, 2, 3, 4, 5), size=2))
    assert [(part["part"], part["parts"], len(part["numbers"])) for part in made] == [
        (1, 3, 2),
        (2, 3, 2),
        (3, 3, 1),
    ]
    assert {(part["count"], part["hash"]) for part in made} == {(5, hashed(numbers(1, 2, 3, 4, 5)))}
    assert [part["numbers"] for part in parts("x", DAY, [])] == [[]]
    assert list_hash(numbers(2, 1, 2)) == hashed(numbers(1, 2))


def test_a_request_that_is_refused_is_told_with_what_to_do(
    source: tuple[Desk, Run], capsys: pytest.CaptureFixture[str]
) -> None:
    """The advice that the service gives with its refusal is told, too."""
    _, run = source
    assert run("gaps", "--key-id", "yunxi.00000000") == 3
    assert "Check keyid, or have the key registered." in capsys.readouterr().err
