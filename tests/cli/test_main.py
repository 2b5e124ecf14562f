"""The command line as a whole: what it says when it can not go on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lookup.cli.main import COMMANDS, main
from lookup.settings import PREFIX

CLI = Path(main.__code__.co_filename).parent


@pytest.mark.parametrize(
    "words",
    [["serve", "citizen"], ["work"], ["migrate"], ["staff", "list"], ["unit", "list"], ["client", "list"]],
    ids=" ".join,
)
def test_missing_settings_are_named_with_what_to_do(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Status 2, each missing setting by name, and where fresh secrets and explanations are."""
    monkeypatch.delenv(f"{PREFIX}DATABASE_URL", raising=False)
    assert main(words) == 2
    said = capsys.readouterr().err
    assert f"{PREFIX}DATABASE_URL" in said
    assert "./run keys" in said
    assert "README" in said


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` works without any setting and says how the command is called."""
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert f"usage: lookup {command}" in capsys.readouterr().out


def test_every_command_ends_its_lanes_in_order() -> None:
    """A context that can write entries is opened inside `leaving`, so that no command is recorded as a lost process."""
    opening = re.compile(r"\bopen_(citizen|console|push|retention)\(")
    lines = [line for path in CLI.glob("*.py") for line in path.read_text(encoding="utf-8").splitlines()]
    found = [line.strip() for line in lines if opening.search(line)]
    assert len(found) >= 7
    assert [line for line in found if "leaving(open_" not in line] == []
