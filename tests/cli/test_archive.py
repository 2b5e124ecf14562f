"""`lookup archive` on a log that is too short for a segment: it says that there is nothing to do."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from lookup.cli.main import main
from lookup.settings import PREFIX
from tests.services.test_verify_database import POLICY
from tests.support import databases
from tests.support.contexts import COMMON


def test_nothing_to_seal_or_prune_is_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Silence would leave open whether anything was done; a policy that can not be read is exit 2."""
    policy = tmp_path / "policy"
    policy.write_bytes(POLICY.to_bytes())
    with databases.migrated_sqlite(tmp_path) as url:
        for name, value in (COMMON | {"database_url": url}).items():
            text = base64.urlsafe_b64encode(value).decode() if isinstance(value, bytes) else value
            monkeypatch.setenv(PREFIX + name.upper(), text)
        words = ["archive", "--policy", str(policy)]
        assert main([*words, "seal", str(tmp_path / "archive")]) == 0
        assert "nothing to seal" in capsys.readouterr().out
        assert main([*words, "prune"]) == 0
        assert capsys.readouterr().out == "nothing is pruned\n"
        assert main(["archive", "--policy", str(tmp_path / "none"), "prune"]) == 2
