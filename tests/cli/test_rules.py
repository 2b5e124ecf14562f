"""`lookup rules`: a rulebook on paper, an incident explained."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lookup.cli.main import main
from lookup.services import event_json
from tests.support import golden

LINES = [
    "2025-12-30 09:00 J10", "2025-12-30 10:00 J50", "2026-01-05 09:00 A20", "2026-01-05 09:30 A40 from=A30",
    "2026-01-06 09:00 extension case=1", "2025-12-30 09:50 correct:2 entered=2026-01-01T09:00",
]  # fmt: skip


def _file(folder: Path, lines: list[str]) -> str:
    path = folder / "events.json"
    listed = [json.loads(event_json.dump(event)) for event in golden.events(lines)]
    path.write_text(json.dumps(listed, ensure_ascii=False), encoding="utf-8")
    return str(path)


def test_show_prints_the_rulebook(capsys: pytest.CaptureFixture[str]) -> None:
    """In both languages, with the articles."""
    assert main(["rules", "show", "R2026"]) == 0
    assert "ZA2025 118 [V]" in capsys.readouterr().out
    assert main(["rules", "show", "R2016", "--lang", "en"]) == 0
    assert "Report received" in capsys.readouterr().out


def test_explain_says_each_step_with_its_article(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The change of rules, the correction, the waiting step, the limit and its article are all there."""
    assert main(["rules", "explain", _file(tmp_path, LINES), "--at", "2026-03-20T12:00"]) == 0
    out = capsys.readouterr().out
    for words in (
        "已受理 2025-12-30 09:50", "已立案 2026-01-05 09:00", "（已更正）", "等待前一步：2026-01-05 09:30 A40",
        "2026-01-05 09:00 → 2026-03-06 23:59:59", "延长1次", "已超期",
        "《治安管理处罚法》（2025）第118条 [V]", "T2 看到",
    ):  # fmt: skip
        assert words in out


def test_explain_looks_only_at_what_had_happened(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """At an earlier time the later events are not there yet."""
    assert (
        main(["rules", "explain", _file(tmp_path, LINES), "--at", "2026-01-01T12:00+08:00", "--lang", "en"])
        == 0
    )
    out = capsys.readouterr().out
    assert "No case registered" in out
    assert "A20" not in out


@pytest.mark.parametrize(
    ("text", "time"), [("[", "2026-01-01"), ("[]", "2026-01-01"), ("[{}]", "2026-01-01"), ("[]", "x")]
)
def test_what_can_not_be_read_ends_with_status_two(
    text: str, time: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A clear sentence, no trace of what was in the file."""
    path = tmp_path / "events.json"
    path.write_text(text, encoding="utf-8")
    assert main(["rules", "explain", str(path), "--at", time]) == 2
    assert "can not be read" in capsys.readouterr().err
