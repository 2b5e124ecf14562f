"""How a source is quoted, in both languages."""

from __future__ import annotations

from datetime import date

import pytest

from lookup.domain.laws import Law, LawVersion

DAY = date(2020, 1, 1)
LAW = Law("X", {"zh-Hans": "《某法》", "en": "Some Law"}, (LawVersion(DAY, {"zh-Hans": "", "en": ""}, {}),))


@pytest.mark.parametrize(
    ("article", "chinese", "english"),
    [
        ("118", "《某法》第118条", "Some Law, art. 118"),
        ("61(3)", "《某法》第61条(3)", "Some Law, art. 61(3)"),
        ("二(一)1", "《某法》二(一)1", "Some Law, part 2(1)1"),
        ("24小时", "《某法》（24小时）", "Some Law"),
        ("12389自2013-12-24开通", "《某法》（12389自2013-12-24开通）", "Some Law"),
        ("", "《某法》", "Some Law"),
    ],
)
def test_a_source_is_quoted_as_a_reader_expects(article: str, chinese: str, english: str) -> None:
    """Articles and parts by number; a note stands in brackets, and only in the language it is written in."""
    [(since, words)] = LAW.cited(article)
    assert (since, words["zh-Hans"], words["en"]) == (DAY, chinese, english)
