"""What makes a set of rulebooks unfit for use. Reports every defect in one sentence; repairs nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import timedelta
from typing import Any

from lookup.domain.ruletypes import LANGUAGES, Rulebook

_RULED = (
    "states",
    "transitions",
    "clocks",
    "documents",
    "remedies",
    "marks",
    "pauses",
    "withholding",
    "answers",
    "reasons",
    "attributes",
)
_OPENINGS = {"J10"}


def validate(rulebooks: Sequence[Rulebook]) -> list[str]:
    """Every defect of `rulebooks`, as sentences that name rulebook and rule; an empty list means fit for use.

    Refused: an unreachable state, a dead end that is not terminal, a rule without source, a missing label, a
    name that means nothing, days ruled twice or by none.
    """
    found: list[str] = []
    for book in rulebooks:
        found += [
            f"{book.code}: {text}" for text in (*_graph(book), *_sources(book), *_texts(book), *_names(book))
        ]
    return found + _dates(sorted(rulebooks, key=lambda book: book.since))


def _graph(book: Rulebook) -> Iterable[str]:
    reached, todo = set(_OPENINGS), list(_OPENINGS)
    while todo:
        fresh = [to for to in book.after(todo.pop()) if to not in reached]
        reached.update(fresh)
        todo += fresh
    for code, state in book.states.items():
        if code not in reached:
            yield f"state {code} can not be reached"
        if not state.terminal and not book.after(code):
            yield f"state {code} is a dead end but not terminal"
    for code in sorted({code for pair in book.pairs for code in pair} - set(book.states)):
        yield f"the transitions name the unknown state {code}"


def _sources(book: Rulebook) -> Iterable[str]:
    for section in _RULED:
        for code, rule in getattr(book, section).items():
            if not rule.sources:
                yield f"{section}.{code} has no source"
            for source in rule.sources:
                if source.law not in book.laws:
                    yield f"{section}.{code} cites the unknown law {source.law}"


def _texts(book: Rulebook) -> Iterable[str]:
    for section in _RULED:
        for code, rule in getattr(book, section).items():
            for name, text in _text_fields(rule):
                for language in LANGUAGES:
                    if not text.get(language, "").strip() and not (
                        section == "transitions" and not any(text.values())
                    ):
                        yield f"{section}.{code} has no {name} in {language}"


def _text_fields(rule: Any) -> Iterable[tuple[str, Mapping[str, str]]]:
    if not is_dataclass(rule):
        return
    for item in fields(rule):
        value = getattr(rule, item.name)
        if isinstance(value, Mapping) and item.name in {
            "label",
            "meaning",
            "next",
            "note",
            "how",
            "addressee",
            "to",
            "unsure",
        }:
            yield item.name, value


def _names(book: Rulebook) -> Iterable[str]:
    used: list[tuple[str, str]] = []
    for code, clock in book.clocks.items():
        names = (*clock.trigger, *clock.stop, *filter(None, [clock.counts_from]))
        used += [
            (f"clocks.{code}", name) for name in (*names, *(f"mark:{item.mark}" for item in clock.variants))
        ]
    for code, document in book.documents.items():
        used += [(f"documents.{code}", name) for name in document.on]
    for code, remedy in book.remedies.items():
        marks = (f"mark:{mark}" for mark in (*remedy.marks, *remedy.unless))
        clocks = (f"clock:{name}" for name in remedy.overdue)
        used += [
            (f"remedies.{code}", name) for name in (*remedy.states, *remedy.counts_from, *marks, *clocks)
        ]
    for where, name in used:
        if not _known(book, name):
            yield f"{where} names the unknown {name}"
    yield from _attributes(book)


def _attributes(book: Rulebook) -> Iterable[str]:
    for code, attribute in book.attributes.items():
        for value, text in attribute.values.items():
            if not all(text.get(language, "").strip() for language in LANGUAGES):
                yield f"attributes.{code} says {value} not in every language"
    for code, clock in book.clocks.items():
        for name, values in (clock.when or {}).items():
            known = book.attributes[name].values if name in book.attributes else {}
            for value in (value.removeprefix("!") for value in values):
                if value not in known:
                    yield f"clocks.{code} asks for the unknown {name}={value}"


def _known(book: Rulebook, name: str) -> bool:
    kind, _, rest = name.rpartition(":")
    if kind:
        return rest in {"mark": book.marks, "served": book.documents, "clock": book.clocks}.get(kind, {})
    if ">" in name:
        return tuple(name.split(">")) in book.pairs
    return name in book.states or name == "entered"


def _dates(books: Sequence[Rulebook]) -> list[str]:
    found = []
    for earlier, later in zip(books, books[1:], strict=False):
        if earlier.until is None or earlier.until >= later.since:
            found.append(f"{earlier.code} and {later.code} rule the same days")
        elif earlier.until + timedelta(days=1) < later.since:
            found.append(f"no rulebook rules the days between {earlier.code} and {later.code}")
    if books and books[-1].until is not None:
        found.append(f"no rulebook rules the days after {books[-1].code}")
    return found
