"""Rulebooks: those of the package are fit for use, and the validator refuses what is not."""

from __future__ import annotations

import re
from datetime import date
from importlib.resources import files

import pytest

from lookup.domain.rulebook import RulebookError, assemble, parse, validate
from lookup.domain.ruletypes import Rulebook
from lookup.services.rulebooks import load

RULES, _ = load()
TEXT = files("lookup.domain").joinpath("rules/R2016.toml").read_text(encoding="utf-8")
LATER = files("lookup.domain").joinpath("rules/R2024.toml").read_text(encoding="utf-8")
J10 = 'label = { zh-Hans = "已接警", en = "Report received" }'


def _defects(old: str, new: str) -> str:
    assert old in TEXT
    return "\n".join(validate([parse(TEXT.replace(old, new, 1).replace("until = 2023-12-31\n", "", 1))]))


def test_the_rulebooks_of_the_package_are_fit_for_use() -> None:
    """Every rule has sources and texts, every state can be reached and left, every day has one rulebook."""
    assert validate(RULES.books) == []
    assert [book.code for book in RULES.books] == ["R2016", "R2024", "R2026"]


@pytest.mark.parametrize("book", RULES.books, ids=lambda book: book.code)
def test_english_has_one_word_for_a_case(book: Rulebook) -> None:
    """立案 is `registered` everywhere, as on the page's two answers; only the names of laws say `filing`."""
    lines = (
        files("lookup.domain").joinpath(f"rules/{book.code}.toml").read_text(encoding="utf-8").splitlines()
    )
    assert [line for line in lines if "en = " in line and re.search(r"\b(filed|to file)\b", line)] == []


def test_the_rulebook_is_chosen_by_the_day() -> None:
    """The last day of one rulebook and the first of the next."""
    days = [date(2015, 1, 1), date(2023, 12, 31), date(2024, 1, 1), date(2025, 12, 31), date(2026, 1, 1)]
    assert [RULES.on(day).code for day in days] == ["R2016", "R2016", "R2024", "R2024", "R2026"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('to = "J30 J40 J96"', 'to = "J40 J96"', "state J30 can not be reached"),
        ('from = "J97"', 'from = "J20"', "state J97 is a dead end but not terminal"),
        (J10, 'label = { zh-Hans = "已接警" }', "states.J10 has no label in en"),
        (J10, 'label = { zh-Hans = " ", en = "x" }', "states.J10 has no label in zh-Hans"),
        ('source = ["OP2015 二(一)3 [V]"]', "", "clocks.registration_after_emergency has no source"),
        ('source = ["OP2015 二(一)3 [V]"]', 'source = ["XX 3 [V]"]', "cites the unknown law XX"),
        ('trigger = "mark:emergency_ended"', 'trigger = "mark:nothing"', "names the unknown mark:nothing"),
        ('stop = "served:REPORT_RECEIPT"', 'stop = "served:NOTHING"', "names the unknown served:NOTHING"),
        (
            'overdue = "review_criminal review_from_organ"',
            'overdue = "nothing"',
            "names the unknown clock:nothing",
        ),
        ('to = "J30 J40 J96"', 'to = "J30 J40 J96 J77"', "unknown state J77"),
    ],
)
def test_the_validator_refuses(old: str, new: str, said: str) -> None:
    """Each kind of defect is found and named."""
    assert said in _defects(old, new)


def test_the_validator_refuses_days_ruled_twice_or_by_none() -> None:
    """Overlap, gap, and an end without a successor."""
    older = TEXT.replace("until = 2023-12-31", "until = 2024-01-05", 1)
    assert "R2016 and R2024 rule the same days" in validate(assemble([older, LATER]).books)
    older = TEXT.replace("until = 2023-12-31", "until = 2023-12-05", 1)
    assert "no rulebook rules the days between R2016 and R2024" in validate(assemble([older, LATER]).books)
    assert "no rulebook rules the days after R2024" in validate(assemble([TEXT, LATER]).books)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("code = ", "not TOML"),
        ('code = "X"\nextends = "R1999"', "extends R1999"),
        (TEXT.replace('"JC110 7 [V]"', '"JC110 7"', 1), "is not 'LAW article"),
        (TEXT.replace('from = "J30"\nto = "J40"', 'from = "J20"\nto = "J40"', 1), "ruled twice"),
        (TEXT.replace('machine = "incident"', 'mashine = "incident"', 1), "states.J10"),
        (TEXT.replace("since = 2016-01-01", "sinse = 2016-01-01", 1), "no 'since'"),
    ],
)
def test_a_text_that_is_no_rulebook_is_refused(text: str, said: str) -> None:
    """The message names what is wrong."""
    with pytest.raises(RulebookError, match=said):
        parse(text)


def test_dropping_what_is_not_there_is_refused() -> None:
    """A repeal of nothing is a mistake."""
    with pytest.raises(RulebookError, match=r"drop documents\.NONE"):
        assemble([TEXT, LATER.replace('drop = ["', 'drop = ["documents.NONE", "', 1)])


def test_articles_are_quoted_by_the_version_in_force() -> None:
    """The criminal procedure rules were renumbered on 2020-09-01."""
    book = RULES.books[0]
    source = book.states["C20"].sources[0]
    assert (
        book.cite(source, date(2020, 8, 31))["zh-Hans"] == "《公安机关办理刑事案件程序规定》（2012）第175条"
    )
    assert book.cite(source, date(2020, 9, 1))["zh-Hans"] == "《公安机关办理刑事案件程序规定》（2020）第178条"
