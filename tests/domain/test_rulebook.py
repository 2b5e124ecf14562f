"""The rule files of the package are fit for use, and a story survives storage."""

from __future__ import annotations

from lookup.domain.rulebook import validate
from lookup.services.rulebooks import load


def test_the_rulebooks_of_the_package_are_fit_for_use() -> None:
    """Every rule has sources and texts, every state can be reached and left, every day has one rulebook."""
    rules, _ = load()
    assert validate(rules.books) == []
    assert [book.code for book in rules.books] == ["R2016", "R2024", "R2026"]
