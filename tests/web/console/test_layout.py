"""What the console's style sheet may not do."""

from __future__ import annotations

from pathlib import Path

from lookup.web import console

CSS = Path(console.__file__).parent / "static" / "console.css"


def test_nothing_scrolls_inside_a_page() -> None:
    """A list that is cut at the edge of a row looks complete on a phone, which shows no scroll bar."""
    style = CSS.read_text(encoding="utf-8")
    assert "max-height" not in style
    assert "overflow-y" not in style
