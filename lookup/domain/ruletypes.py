"""What a rulebook (规则集) is made of, as frozen values. Reading the files is rulebook.py's work.

Every rule carries its sources: law, article, and how surely it was verified.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from lookup.domain.clocks import Unit
from lookup.domain.laws import LANGUAGES, Law, LawVersion, Source, Text

__all__ = [
    "LANGUAGES", "AttributeRule", "ClockRule", "DocumentRule", "Law", "LawVersion", "Named", "RemedyRule", "Rulebook",
    "Rules", "Source", "StateRule", "Text", "TransitionRule", "Variant",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class StateRule:
    """A state of the incident (J…), of an administrative (A…) or criminal (C…) case, or of either (X…).

    `answer` is the headline code it gives (acceptance for incidents, registration for cases), `reporter` what a
    reporter who is not the victim is told of a case: `open`, `concluded` or `refused`. `terminal`: may be the end.
    """

    code: str
    machine: str
    terminal: bool
    answer: str
    reporter: str
    label: Text
    meaning: Text
    next: Text
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class TransitionRule:
    """Which steps are legal, and whether a reason (`reason`) or a target (`target`) must be given."""

    code: str
    from_: tuple[str, ...]
    to: tuple[str, ...]
    reason: bool
    target: bool
    note: Text
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Variant:
    """A longer (or shorter) limit of the same clock once a mark is set before the limit has run out."""

    mark: str
    amount: int
    unit: Unit


@dataclass(frozen=True, slots=True)
class ClockRule:
    """A time limit. It starts at a `trigger` (`A20`, `A42>A30`, `mark:x`, `served:DOC`) and ends at a `stop`.

    `counts_from` moves the counted start back to the last occurrence of that trigger (acceptance for the 30 days
    of ZA2012). `at_once`: the law says 立即 or 当场; amount is then only when the product begins to call it late.
    `tier` is who is shown it: T1, T2 or internal. `when` restricts it by attributes; `!x` means any but x.
    """

    code: str
    trigger: tuple[str, ...]
    stop: tuple[str, ...]
    amount: int
    unit: Unit
    tier: str
    label: Text
    to: Text
    sources: tuple[Source, ...]
    at_once: bool = False
    counts_from: str | None = None
    variants: tuple[Variant, ...] = ()
    pausable: bool = False
    extension_days: int = 0
    extension_max: int = 0
    when: Mapping[str, tuple[str, ...]] | None = None
    since: date | None = None
    until: date | None = None
    unsure: Text | None = None


@dataclass(frozen=True, slots=True)
class DocumentRule:
    """A paper (文书): to whom, at which transition or state it is due, and who may see its name online."""

    code: str
    label: Text
    to: Text
    on: tuple[str, ...]
    tier: str
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class RemedyRule:
    """A remedy: open in `states`, when a clock of `overdue` has run out, or after `marks`; always with `always`.

    The limit of `amount` `unit`s counts from a trigger in `counts_from`; unknown moment, no end date.
    """

    code: str
    tier: str
    label: Text
    how: Text
    addressee: Text
    sources: tuple[Source, ...]
    always: bool = False
    states: tuple[str, ...] = ()
    overdue: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    amount: int = 0
    unit: Unit = Unit.DAYS
    counts_from: tuple[str, ...] = ()
    unsure: Text | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """A mark, a pause reason, a withholding reason, a headline or a tier word: a code with its words and sources."""

    code: str
    label: Text
    tier: str
    sources: tuple[Source, ...]
    unsure: Text | None = None


@dataclass(frozen=True, slots=True)
class AttributeRule:
    """A fact about an incident that rules ask for (`channel`, `category`, `law`), and each value that it may have."""

    code: str
    label: Text
    values: Mapping[str, Text]
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Rulebook:
    """The rules in force from day `since` to day `until` (None: until further notice), both included."""

    code: str
    since: date
    until: date | None
    title: Text
    note: Text
    laws: Mapping[str, Law]
    states: Mapping[str, StateRule]
    transitions: Mapping[str, TransitionRule]
    clocks: Mapping[str, ClockRule]
    documents: Mapping[str, DocumentRule]
    remedies: Mapping[str, RemedyRule]
    marks: Mapping[str, Named]
    pauses: Mapping[str, Named]
    withholding: Mapping[str, Named]
    answers: Mapping[str, Named]
    reasons: Mapping[str, Named]
    attributes: Mapping[str, AttributeRule]
    pairs: Mapping[tuple[str, str], TransitionRule]
    triggers: Mapping[str, tuple[ClockRule, ...]]
    raw: Mapping[str, Any]

    def after(self, state: str) -> tuple[str, ...]:
        """The states that may follow `state`, in the order of the file."""
        return tuple(to for from_, to in self.pairs if from_ == state)

    def headline(self, subject: str, code: str, case_kind: str | None) -> Text:
        """The words of an answer: `subject` is "acceptance" or "registration"; the kind of case may change them."""
        special = self.answers.get(f"{subject}-{code}-{case_kind}")
        return (special or self.answers[f"{subject}-{code}"]).label

    def cite(self, source: Source, day: date) -> Text:
        """`source` in words, by the version of the law in force on `day`."""
        versions = self.laws[source.law].cited(source.article)
        found = versions[0][1]
        for since, text in versions[1:]:
            if since <= day:
                found = text
        return found


@dataclass(frozen=True, slots=True)
class Rules:
    """The dated set of rulebooks, oldest first."""

    books: tuple[Rulebook, ...]

    def on(self, day: date) -> Rulebook:
        """The rulebook in force on `day` (Asia/Shanghai). Before the first one, the first one."""
        found = self.books[0]
        for book in self.books[1:]:
            if book.since <= day:
                found = book
        return found

    def named(self, code: str) -> Rulebook:
        """The rulebook called `code`; KeyError when there is none."""
        for book in self.books:
            if book.code == code:
                return book
        raise KeyError(code)
