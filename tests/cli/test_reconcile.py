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
