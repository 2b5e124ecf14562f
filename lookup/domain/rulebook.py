"""Reading rulebooks from TOML text. A rulebook that `extends` an older one is written as an amending act:
a rule written again replaces the older rule whole, `drop` repeals one, everything else stays in force.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from lookup.domain.clocks import Unit
from lookup.domain.rulecheck import validate
from lookup.domain.ruletypes import (
    AttributeRule,
    ClockRule,
    DocumentRule,
    Law,
    LawVersion,
    Named,
    RemedyRule,
    Rulebook,
    Rules,
    Source,
    StateRule,
    TransitionRule,
    Variant,
)

__all__ = ["RulebookError", "Rulebook", "Rules", "assemble", "parse", "validate"]

_SOURCE = re.compile(r"(\S+)(?: (.*?))? \[(V|V2|M-hi|M-med|M-lo|D)\]")
_SECTIONS = (
    "laws", "states", "transitions", "clocks", "documents", "remedies", "marks", "pauses", "withholding", "answers",
    "reasons", "attributes",
)  # fmt: skip
_EMPTY = {"zh-Hans": "", "en": ""}


class RulebookError(ValueError):
    """The text is not a rulebook: the message names the rule and what is wrong with it."""


def parse(text: str, base: Rulebook | None = None) -> Rulebook:
    """The rulebook written in TOML `text`; `base` is the one it extends. RulebookError when it can not be read."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RulebookError(f"not TOML: {error}") from error
    if data.get("extends") != (base.code if base else None):
        raise RulebookError(f"{data.get('code')}: extends {data.get('extends')}, which was not given")
    return _build(data, _merged(data, base.raw if base else {}))


def assemble(texts: Iterable[str]) -> Rules:
    """All rulebooks of `texts`, in the order given: each comes after the one it extends. RulebookError when broken."""
    books: dict[str | None, Rulebook] = {}
    for text in texts:
        named = re.search(r'^extends\s*=\s*"([^"]+)"', text, re.MULTILINE)
        book = parse(text, books.get(named.group(1)) if named else None)
        books[book.code] = book
    return Rules(tuple(sorted(books.values(), key=lambda book: book.since)))


def _merged(data: Mapping[str, Any], base: Mapping[str, Any]) -> dict[str, Any]:
    merged = {section: {**base.get(section, {}), **data.get(section, {})} for section in _SECTIONS}
    for name in data.get("drop", ()):
        section, _, code = name.partition(".")
        if code not in merged.get(section, {}):
            raise RulebookError(f"drop {name}: there is no such rule")
        del merged[section][code]
    return merged


def _build(data: Mapping[str, Any], raw: dict[str, Any]) -> Rulebook:
    book = str(data.get("code"))
    read = {section: _read(book, section, reader, raw[section]) for section, reader in _READERS.items()}
    triggers: dict[str, tuple[ClockRule, ...]] = {}
    for clock in read["clocks"].values():
        for trigger in clock.trigger:
            triggers[trigger] = (*triggers.get(trigger, ()), clock)
    try:
        return Rulebook(
            code=data["code"], since=data["since"], until=data.get("until"), title=data["title"],
            note=data.get("note", _EMPTY), pairs=_pairs(book, read["transitions"].values()), triggers=triggers,
            raw=raw, **read,
        )  # fmt: skip
    except KeyError as error:
        raise RulebookError(f"the rulebook has no {error}") from error


def _read(book: str, section: str, reader: Any, entries: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for code, entry in entries.items():
        try:
            found[code] = reader(code, entry)
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise RulebookError(f"{book}: {section}.{code}: {error!r}") from error
    return found


def _pairs(book: str, rules: Iterable[TransitionRule]) -> dict[tuple[str, str], TransitionRule]:
    found: dict[tuple[str, str], TransitionRule] = {}
    for rule in rules:
        for pair in ((from_, to) for from_ in rule.from_ for to in rule.to):
            if pair in found:
                raise RulebookError(f"{book}: {pair[0]}>{pair[1]} is ruled twice")
            found[pair] = rule
    return found


def _sources(entry: Mapping[str, Any]) -> tuple[Source, ...]:
    found = []
    for text in entry.get("source", ()):
        match = _SOURCE.fullmatch(text)
        if match is None:
            raise ValueError(f"source {text!r} is not 'LAW article [mark]'")
        found.append(Source(match[1], match[2] or "", match[3]))
    return tuple(found)


def _many(value: str) -> tuple[str, ...]:
    return tuple(value.split())


def _law(code: str, entry: Mapping[str, Any]) -> Law:
    versions = tuple(
        LawVersion(item["since"], item.get("label", _EMPTY), item.get("articles", {}))
        for item in entry["versions"]
    )
    return Law(code, entry["title"], versions)


def _state(code: str, entry: Mapping[str, Any]) -> StateRule:
    return StateRule(
        code=code, machine=entry["machine"], terminal=entry.get("terminal", False), answer=entry.get("answer", ""),
        reporter=entry.get("reporter", "open"), label=entry["label"], meaning=entry["meaning"], next=entry["next"],
        sources=_sources(entry),
    )  # fmt: skip


def _transition(code: str, entry: Mapping[str, Any]) -> TransitionRule:
    return TransitionRule(
        code=code, from_=_many(entry["from"]), to=_many(entry["to"]), reason=entry.get("reason", False),
        target=entry.get("target", False), note=entry.get("note", _EMPTY), sources=_sources(entry),
    )  # fmt: skip


def _clock(code: str, entry: Mapping[str, Any]) -> ClockRule:
    unit = Unit(entry["unit"])
    variants = tuple(
        Variant(item["mark"], item["amount"], Unit(item.get("unit", unit)))
        for item in entry.get("variants", ())
    )
    when = {name: _many(values) for name, values in entry["when"].items()} if "when" in entry else None
    since: date | None = entry.get("since")
    return ClockRule(
        code=code, trigger=_many(entry["trigger"]), stop=_many(entry["stop"]), amount=entry["amount"], unit=unit,
        tier=entry["tier"], label=entry["label"], to=entry["to"], sources=_sources(entry),
        at_once=entry.get("at_once", False), counts_from=entry.get("counts_from"), variants=variants,
        pausable=entry.get("pausable", False), extension_days=entry.get("extension_days", 0),
        extension_max=entry.get("extension_max", 0), when=when, since=since, until=entry.get("until"),
        unsure=entry.get("unsure"),
    )  # fmt: skip


def _document(code: str, entry: Mapping[str, Any]) -> DocumentRule:
    return DocumentRule(code, entry["label"], entry["to"], _many(entry["on"]), entry["tier"], _sources(entry))


def _remedy(code: str, entry: Mapping[str, Any]) -> RemedyRule:
    return RemedyRule(
        code=code, tier=entry["tier"], label=entry["label"], how=entry["how"], addressee=entry["addressee"],
        sources=_sources(entry), always=entry.get("always", False), states=_many(entry.get("states", "")),
        overdue=_many(entry.get("overdue", "")), marks=_many(entry.get("marks", "")),
        unless=_many(entry.get("unless", "")), amount=entry.get("amount", 0), unit=Unit(entry.get("unit", "days")),
        counts_from=_many(entry.get("counts_from", "")), unsure=entry.get("unsure"),
    )  # fmt: skip


def _named(code: str, entry: Mapping[str, Any]) -> Named:
    return Named(code, entry["label"], entry.get("tier", "T1"), _sources(entry), entry.get("unsure"))


def _attribute(code: str, entry: Mapping[str, Any]) -> AttributeRule:
    return AttributeRule(code, entry["label"], entry["values"], _sources(entry))


_READERS: dict[str, Any] = {
    "laws": _law, "states": _state, "transitions": _transition, "clocks": _clock, "documents": _document,
    "remedies": _remedy, "marks": _named, "pauses": _named, "withholding": _named, "answers": _named,
    "reasons": _named, "attributes": _attribute,
}  # fmt: skip
