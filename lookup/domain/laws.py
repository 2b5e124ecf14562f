"""Laws and ministry papers with their versions, and how an article is quoted by the version in force on a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

Text = Mapping[str, str]
"""One text in every language: {"zh-Hans": …, "en": …}."""

LANGUAGES = ("zh-Hans", "en")

_PARTS = "一二三四五六七八九"
_PART_NUMBERS = {ord(each): str(number) for number, each in enumerate(_PARTS, start=1)}


@dataclass(frozen=True, slots=True)
class Source:
    """Where a rule comes from. `mark`: V read in a copy, V2 second-hand, M-hi/M-med/M-lo recalled, D design choice."""

    law: str
    article: str
    mark: str


@dataclass(frozen=True, slots=True)
class LawVersion:
    """One version of a law, in force from `since`; `articles` maps today's article numbers to this version's."""

    since: date
    label: Text
    articles: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Law:
    """A law or ministry paper with its versions, oldest first."""

    code: str
    title: Text
    versions: tuple[LawVersion, ...]
    quoted: dict[str, tuple[tuple[date, Text], ...]] = field(default_factory=dict, compare=False)

    def cited(self, article: str) -> tuple[tuple[date, Text], ...]:
        """`article` in words for each version with the day from which it is in force; worded once, then kept."""
        if article not in self.quoted:
            self.quoted[article] = tuple(
                (version.since, self._words(version, article)) for version in self.versions
            )
        return self.quoted[article]

    def _words(self, version: LawVersion, article: str) -> Text:
        number = version.articles.get(article, article)
        return {
            "zh-Hans": f"{self.title['zh-Hans']}{version.label['zh-Hans']}{_article_zh(number)}",
            "en": f"{self.title['en']}{version.label['en']}{_article_en(number)}",
        }


def _article_zh(article: str) -> str:
    """An article, a part of a ministry paper as it stands, or whatever else narrows the source down in brackets."""
    if not article:
        return ""
    head = article.split("(")[0]
    if head.isdigit():
        return f"第{head}条{article[len(head) :]}"
    return article if head in _PARTS else f"（{article}）"


def _article_en(article: str) -> str:
    """The same; what is no number can not be said in English and is left out."""
    if not article:
        return ""
    head = article.split("(")[0]
    if head.isdigit():
        return f", art. {article}"
    return f", part {article.translate(_PART_NUMBERS)}" if head in _PARTS else ""
