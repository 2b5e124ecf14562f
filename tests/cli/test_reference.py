"""`lookup reference reissue` as a clerk at the counter meets it."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from lookup.cli.main import main
from lookup.settings import PushSettings
from lookup.storage.database import open_database
from lookup.web.qr import svg
from tests.support import contexts
from tests.support.reports import NUMBER, push_story


@pytest.fixture
def old_code(migrated_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A report in the configured database; its present query code."""
    for name, value in (
        contexts.COMMON | contexts.KEYS[PushSettings] | {"database_url": migrated_url}
    ).items():
        raw = value[0] if isinstance(value, tuple) else value
        text = base64.urlsafe_b64encode(raw).decode() if isinstance(raw, bytes) else raw
        monkeypatch.setenv(f"LOOKUP_{name.upper()}", text)
    database = open_database(migrated_url)
    reference, _ = push_story(contexts.push(database))
    database.close()
    return reference.code


def test_a_new_reference_is_printed_with_its_qr_code(
    old_code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Number, new code and link are printed, and the picture holds the link that was printed."""
    picture = tmp_path / "link.svg"
    assert main(["reference", "reissue", NUMBER, "--qr", str(picture)]) == 0
    printed = capsys.readouterr().out
    assert NUMBER in printed
    assert old_code not in printed
    assert picture.read_bytes() == svg(printed.split()[-1])


def test_an_unknown_number_changes_nothing(
    old_code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No reference and no picture for a report that is not there."""
    picture = tmp_path / "link.svg"
    assert main(["reference", "reissue", NUMBER[:-1] + "9", "--qr", str(picture)]) == 1
    assert "nothing was changed" in capsys.readouterr().err
    assert not picture.exists()
    assert old_code
