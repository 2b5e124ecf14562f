"""The stored form of a disclosure: JSON with only the number of each text of the rulebooks, and until when it holds.

Decides nothing about what may be shown. The form belongs to one edition of rulebooks and code, useless in another.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from lookup.domain.calendar import SHANGHAI
from lookup.domain.disclosed import Disclosed
from lookup.domain.laws import Source, Text
from lookup.domain.ruletypes import Rulebook, Rules
from lookup.domain.story import Standing, Story

_NUMBER = re.compile(r'\{"\$":([0-9]+)\}')
_STRING = r'null|"(?:[^"\\]|\\.)*+"'
_HEAD = re.compile(
    r'\{"tier":"T[12]","withheld":(?:true|false),'
    rf'"unit":({_STRING}),"notice":(?:null|\{{"\$":[0-9]+\}}),"rules":(?:{_STRING}),"caller_shown":(true|false),'
)
_SECOND = timedelta(seconds=1)


class Texts:
    """Every text of the rulebooks, numbered in the order of the files: the same numbers in every process."""

    def __init__(self, rules: Rules) -> None:
        """Number the texts of `rules`; its laws' quotations are worded here once."""
        self.all = tuple({id(text): text for book in rules.books for text in _texts(book)}.values())
        self._numbers = {id(text): {"$": number} for number, text in enumerate(self.all)}
        self._json = [json.dumps(text, ensure_ascii=False, separators=(",", ":")) for text in self.all]

    def shorten(self, disclosed: Disclosed) -> str:
        """Return the form that is stored: `disclosed.to_json()` as JSON text, `{"$": n}` in the place of `all[n]`."""
        return json.dumps(self._short(disclosed.to_json()), ensure_ascii=False, separators=(",", ":"))

    def whole(self, short: str) -> str:
        """Return `disclosed.to_json()` as JSON text. Data escapes quotation marks: it is no number."""
        return _NUMBER.sub(lambda found: self._json[int(found[1])], short)

    def _short(self, value: Any) -> Any:
        if isinstance(value, dict):
            number = self._numbers.get(id(value))
            return number or {name: self._short(item) for name, item in value.items()}
        return [self._short(item) for item in value] if isinstance(value, list) else value


def glance(short: str) -> tuple[str | None, bool]:
    """Return `unit` and `caller_shown` of a stored form; reading only its beginning costs a tenth."""
    found = _HEAD.match(short)
    if found is None:
        told = json.loads(short)
        return told["unit"], told["caller_shown"]
    return json.loads(found[1]), found[2] == "true"


def _texts(book: Rulebook) -> Iterator[Text]:
    sources: dict[Source, None] = {}
    for value in _walk([getattr(book, field.name) for field in fields(book) if field.name != "raw"]):
        if isinstance(value, Source):
            sources[value] = None
        else:
            yield value
    for source in sources:
        if source.law in book.laws:
            yield from (text for _, text in book.laws[source.law].cited(source.article))


def _walk(value: Any) -> Iterator[Any]:
    """Every text and source within `value`, in order."""
    if isinstance(value, Source) or (isinstance(value, Mapping) and "zh-Hans" in value):
        yield value
        return
    inner: Iterable[Any] = ()
    if isinstance(value, Mapping):
        inner = value.values()
    elif isinstance(value, tuple | list):
        inner = value
    elif is_dataclass(value):
        inner = [getattr(value, field.name) for field in fields(value) if field.name != "quoted"]
    for item in inner:
        yield from _walk(item)


def changes_at(rules: Rules, story: Story, standing: Standing) -> datetime | None:
    """Return the first moment after `standing.now` at which a disclosure may say something else; None: at none known.

    Until then `disclose` of the same story says the same. Limits and remedies run out after their last second, a
    paper served in the future begins to count, and rulebooks and laws change at midnight in Shanghai.
    """
    now = standing.now
    ends = [due.due_at for due in standing.running] + [remedy.until for remedy in standing.remedies]
    moments = [end + _SECOND for end in ends if end is not None]
    moments += [step.served_at for step in story.history if step.served_at is not None]
    moments += [datetime.combine(day, time(), SHANGHAI) for day in _days(rules)]
    return min((moment for moment in moments if moment > now), default=None)


def _days(rules: Rules) -> Iterable[date]:
    """Every day on which the words of a rulebook or the version of a law change."""
    for book in rules.books:
        yield book.since
        for law in book.laws.values():
            yield from (version.since for version in law.versions)
