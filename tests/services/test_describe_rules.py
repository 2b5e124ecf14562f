"""The pages under docs/rules say what the rulebooks say."""

from __future__ import annotations

from pathlib import Path

import pytest

from lookup.domain.ruletypes import LANGUAGES
from lookup.services.describe_rules import page
from lookup.services.rulebooks import load

RULES, _ = load()
FOLDER = Path(__file__).parent.parent.parent / "docs" / "rules"


@pytest.mark.parametrize("book", RULES.books, ids=lambda book: book.code)
def test_the_documentation_is_what_the_rulebook_says(book: object) -> None:
    """docs/rules/R20xx.md equals `lookup rules show R20xx`; write it anew when a rule changes."""
    code = getattr(book, "code", "")
    assert (FOLDER / f"{code}.md").read_text(encoding="utf-8") == page(RULES.named(code))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_names_every_rule_and_every_step(language: str) -> None:
    """No state, step, limit, paper or remedy is left out, and every step is an arrow of a diagram."""
    for book in RULES.books:
        text = page(book, language)
        for section in (book.states, book.clocks, book.documents, book.remedies, book.marks, book.pauses):
            assert all(f"| {code} |" in text for code in section)
        machines = {code: state.machine == "incident" for code, state in book.states.items()}
        inside = [pair for pair in book.pairs if machines[pair[0]] == machines[pair[1]]]
        assert all(f"    {from_} --> {to}" in text for from_, to in inside)
