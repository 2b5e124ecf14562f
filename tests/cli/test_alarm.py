"""`lookup alarm` as an operator meets it."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from lookup.cli.main import main
from lookup.settings import PREFIX, ConsoleSettings
from tests.services.test_alarms import alarmed, integrate
from tests.support import databases
from tests.support.contexts import COMMON, KEYS


def test_alarms_are_listed_and_answered_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 1 while one is open, 0 once an entry answers for it; a lane without alarm and a poor number are refused."""
    with databases.migrated_sqlite(tmp_path) as url, databases.opened(url) as database:
        for name, value in (COMMON | KEYS[ConsoleSettings] | {"database_url": url}).items():
            parts = value if isinstance(value, tuple) else (value,)
            texts = [base64.urlsafe_b64encode(v).decode() if isinstance(v, bytes) else v for v in parts]
            monkeypatch.setenv(PREFIX + name.upper(), ",".join(texts))
        assert main(["alarm", "list"]) == 0
        assert capsys.readouterr().out == "None.\n"
        lane = alarmed(database)
        assert main(["alarm", "list"]) == 1
        assert f"OPEN     lane {lane} alarmed (mac)" in capsys.readouterr().out
        words = ["alarm", "acknowledge", "--reason", "drill", "--decision"]
        assert main([*words, "2026-7", "77"]) == 1
        assert main([*words, "<b>", str(lane)]) == 2
        assert main([*words, "2026-7", str(lane)]) == 0
        assert f"answers for lane {lane}" in capsys.readouterr().out
        integrate(database)
        assert main(["alarm", "list"]) == 0
        assert "acknowledged by entry" in capsys.readouterr().out
