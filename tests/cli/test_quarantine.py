"""`lookup quarantine`: list, show, replay and close from the command line."""

from __future__ import annotations

import base64
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


def test_a_replay_says_what_became_of_each(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """All that match are judged again; what stays refused is named with its rule, and the status says so."""
    register_client.rescope(desk.context, "tester", "yunxi", Scope(("3699",)))
    assert main(["quarantine", "replay", "--rule", "scope.unit", "--yes"]) == 1
    out = capsys.readouterr().out
    assert "accepted    e-1" in out
    assert "R2026/states /data/to" in out
    assert out.splitlines()[-1] == "accepted: 1; quarantined: 1"
    assert [state for _, state, _ in states(desk.context.database)] == ["replayed", "open"]
    assert {act["act"] for act in acts(desk.context.database)} == {"replay"}


def test_a_replay_asks_first_and_needs_to_know_what(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither everything nor anything is judged again by mistake."""
    for words in (["replay"], ["replay", "--all"], ["replay", "99", "--yes"]):
        assert main(["quarantine", *words]) == 1
        assert acts(desk.context.database) == []
    assert "name items, a filter, or --all" in capsys.readouterr().err


def test_one_is_closed_with_a_reason(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """The reason is one of the list; closing it again says what it is already."""
    item = items(desk.context.database)[0].id
    assert main(["quarantine", "close", str(item), "--reason", "test_data"]) == 0
    assert main(["quarantine", "close", str(item), "--reason", "beyond_repair"]) == 0
    assert capsys.readouterr().out == f"{item} is closed now.\nIt was closed already.\n"
    assert [state for _, state, _ in states(desk.context.database)] == ["closed", "open"]
    assert main(["quarantine", "close", "99", "--reason", "test_data"]) == 1
