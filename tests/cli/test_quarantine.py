"""`lookup quarantine`: list, show, replay and close from the command line."""

from __future__ import annotations

import base64
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lookup.cli.main import main
from lookup.services import register_client
from lookup.services.register_client import Scope
from lookup.settings import PREFIX, PushSettings
from tests.support import databases
from tests.support.contexts import COMMON, KEYS
from tests.support.pushing import BATCH, Desk, event
from tests.support.shelves import acts, items, states


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A push desk with two events of a unit it may not speak for, and the environment of its operator."""
    with databases.migrated_sqlite(tmp_path) as url, databases.opened(url) as database:
        for name, value in (COMMON | KEYS[PushSettings] | {"database_url": url}).items():
            parts = value if isinstance(value, tuple) else (value,)
            texts = [base64.urlsafe_b64encode(v).decode() if isinstance(v, bytes) else v for v in parts]
            monkeypatch.setenv(PREFIX + name.upper(), ",".join(texts))
        made = Desk(database, units=("3698",))
        made.send([event(), event("e-2", data__to="Z99")], BATCH)
        yield made


def test_refused_events_are_listed_and_shown(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """Newest first, with rule and state; one with its field and reason; a filter that finds none says so."""
    assert main(["quarantine", "list"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.split()[-2:] == ["open", "e-2"]
    assert "scope.unit" in second
    assert main(["quarantine", "show", second.split()[0]]) == 0
    shown = capsys.readouterr().out
    assert "/data/unit" in shown
    assert "本客户端无权代表这个单位" in shown
    assert main(["quarantine", "list", "--rule", "json.syntax"]) == 0
    assert capsys.readouterr().out == "None.\n"
    assert main(["quarantine", "show", "99"]) == 1
    assert main(["quarantine", "replay", "--rule", "json.syntax", "--yes"]) == 1
    assert main(["quarantine", "close", first.split()[0], "--reason", "test_data"]) == 0
    assert main(["quarantine", "show", first.split()[0]]) == 0
    assert "closed for  Test data (test_data)" in capsys.readouterr().out


def test_a_replay_says_what_became_of_each(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """All that match are judged again; what stays refused is named with its rule, and the status says so."""
    register_client.rescope(desk.context, "tester", "yunxi", Scope(("3699",)))
    assert main(["quarantine", "replay", "--rule", "scope.unit", "--yes"]) == 1
    out = capsys.readouterr().out
    assert "e-1  accepted" in out
    assert "R2026/states /data/to" in out
    assert out.splitlines()[-1] == "accepted: 1; still refused: 1"
    assert [state for _, state, _ in states(desk.context.database)] == ["replayed", "open"]
    assert {act["act"] for act in acts(desk.context.database)} == {"replay"}


def test_a_replay_asks_first_and_needs_to_know_what(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither everything nor anything is judged again by mistake."""
    for words, status in (
        (["replay"], 2),
        (["replay", "1", "--all", "--yes"], 2),
        (["replay", "1", "--client", "yunxi", "--yes"], 2),
        (["replay", "--all", "--rule", "scope.unit", "--yes"], 2),
        (["replay", "--all"], 1),
        (["replay", "99", "--yes"], 1),
    ):
        assert main(["quarantine", *words]) == status
        assert acts(desk.context.database) == []
    assert "name items, a filter, or --all" in capsys.readouterr().err


def test_numbers_that_there_are_not_are_told(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """The others are judged all the same, and the status says that not all was done."""
    item = items(desk.context.database)[0].id
    register_client.rescope(desk.context, "tester", "yunxi", Scope(("3699",)))
    assert main(["quarantine", "replay", str(item), "998", "999", "--yes"]) == 1
    told = capsys.readouterr()
    assert "There is no such item: 998, 999." in told.err
    assert "e-1  accepted" in told.out


def test_what_a_replay_leaves_alone_is_told_in_words(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """Closed before; an older one of the same id; a client that is suspended, with what to do first."""
    item = items(desk.context.database)[0].id
    assert main(["quarantine", "close", str(item), "--reason", "test_data"]) == 0
    assert main(["quarantine", "replay", str(item), "--yes"]) == 0
    assert "left alone: it is closed already" in capsys.readouterr().out
    desk.send(event("e-2", data__to="Z98"))
    older, newer = (each.id for each in items(desk.context.database) if each.event == "e-2")
    assert main(["quarantine", "replay", str(older), str(newer), "--yes"]) == 1
    assert f"{older}  e-2  left alone: {newer} is newer and has the same id" in capsys.readouterr().out
    register_client.suspend(desk.context, "tester", "yunxi")
    assert main(["quarantine", "replay", "--all", "--yes"]) == 1
    told = capsys.readouterr()
    assert "not judged: its client may not push" in told.out
    assert "yunxi is suspended: `lookup client resume yunxi`" in told.err
    register_client.resume(desk.context, "tester", "yunxi")
    register_client.rescope(desk.context, "tester", "yunxi", Scope(("3699",), (), 1))
    assert main(["quarantine", "replay", "--all", "--yes"]) == 1
    assert "yunxi has expired: `lookup client scope yunxi --expires DAY`" in capsys.readouterr().err


def test_a_list_says_how_many_more_there_are(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """With the number that shows all; nothing when all are shown."""
    assert main(["quarantine", "list", "--limit", "1"]) == 0
    told = capsys.readouterr()
    assert len(told.out.splitlines()) == 1
    assert told.err == "1 more, older; `--limit 2` shows all.\n"
    assert main(["quarantine", "list", "--limit", "2"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "words",
    [
        ["list", "--limit", "9" * 23],
        ["list", "--limit", "0"],
        ["list", "--limit=-5"],
        ["list", "--since", "foo"],
        ["list", "--since", "2026-13-01"],
        ["list", "--event", "\udcff"],
        ["show", "9" * 23],
        ["replay", "9" * 23, "--yes"],
        ["replay", "x", "--yes"],
        ["close", "9" * 23, "--reason", "test_data"],
    ],
    ids=lambda words: " ".join(words).encode("ascii", "replace").decode(),
)
def test_what_is_no_number_or_moment_is_refused_in_words(
    desk: Desk, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    """Status 2, the form that is wanted, and no name of anything in the program."""
    with pytest.raises(SystemExit, match="2"):
        main(["quarantine", *words])
    said = capsys.readouterr().err.splitlines()[-1]
    assert re.search(r"is written as|must be a whole number|has characters", said)
    assert acts(desk.context.database) == []


def test_a_client_that_there_is_not_is_told(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """A slip of the finger does not pass as: nothing was refused."""
    for words in (["list"], ["replay", "--yes"]):
        assert main(["quarantine", *words, "--client", "yunxy"]) == 1
        told = capsys.readouterr()
        assert told.out == ""
        assert "There is no such client" in told.err


def test_one_is_closed_with_a_reason(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """The reason is one of the list; closing it again says what it is already."""
    item = items(desk.context.database)[0].id
    assert main(["quarantine", "close", str(item), "--reason", "test_data"]) == 0
    assert main(["quarantine", "close", str(item), "--reason", "beyond_repair"]) == 0
    assert capsys.readouterr().out == f"{item} is closed now.\nIt was closed already.\n"
    assert [state for _, state, _ in states(desk.context.database)] == ["closed", "open"]
    assert main(["quarantine", "close", "99", "--reason", "test_data"]) == 1


@pytest.mark.parametrize(
    ("words", "asked"), [(("1",), "Judge 1 refused event again?"), (("--all",), "2 refused events")]
)
def test_what_is_asked_before_a_replay_counts_in_words(
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    asked: str,
) -> None:
    """One event is one event."""
    terminal = io.StringIO("n\n")
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", terminal)
    assert main(["quarantine", "replay", *words]) == 1
    assert asked in capsys.readouterr().out
