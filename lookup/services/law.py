"""The law as this process applies it: rulebooks, calendar, and a digest that says which edition told a story."""

from __future__ import annotations

from dataclasses import dataclass

from lookup.domain.calendar import Calendar
from lookup.domain.ruletypes import Rules
from lookup.domain.showing import Texts
from lookup.services import rulebooks


@dataclass(frozen=True, slots=True)
class Law:
    """Everything that `engine` and `disclosure` need.

    `digest` changes with any rule or holiday and with any line of the code that applies them.
    """

    rules: Rules
    calendar: Calendar
    digest: str
    texts: Texts


def read_law() -> Law:
    """Return the law of this installation, read and validated once per process."""
    rules, calendar = rulebooks.load()
    return Law(rules, calendar, rulebooks.edition(), Texts(rules))
