"""The filter form of the refused events: what stands in the address, what it means, and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lookup.domain.faults import Fault
from lookup.domain.quarantine import State
from lookup.services.oversee_quarantine import Sought
from lookup.web.console import filters

_PATTERNS = {
    "state": "|".join((*State, "any")),
    "rule": r"[A-Za-z0-9_./-]{1,100}",
    "client": r"[a-z][a-z0-9-]{1,31}",
    "event": r"[!-~]{1,128}",
}
_TYPED = ("rule", "event")
"""What is typed freely; the others are chosen from a list."""


@dataclass(slots=True)
class Asked:
    """What somebody asks to see. `typed` is what stands in the form; with `faults` nothing may be searched."""

    typed: dict[str, str]
    sought: Sought = field(default_factory=Sought)
    faults: dict[str, Fault] = field(default_factory=dict)

    def with_(self, **changes: str) -> dict[str, str]:
        """Return the words of the address for the same question with some parts changed; "" leaves one out."""
        return {name: value for name, value in (self.typed | changes).items() if value}


def read(args: Mapping[str, str]) -> Asked:
    """Return what a filter asks; wrong parts are named in `faults`. Without a state: open ones, `any`: all."""
    names = (*_PATTERNS, "since", "until")
    asked = Asked({name: args[name].strip() for name in names if args.get(name, "").strip()})
    for name, text in asked.typed.items():
        value: Any = filters.moment(text) if name in ("since", "until") else text
        if name in _PATTERNS and not re.fullmatch(_PATTERNS[name], text, re.ASCII):
            value = Fault("filter", name if name in _TYPED else "unknown")
        if isinstance(value, Fault):
            asked.faults[name] = value
        else:
            asked.sought = replace(asked.sought, **{name: None if value == "any" else value})
    since, until = asked.sought.since, asked.sought.until
    if since is not None and until is not None and since >= until:
        asked.faults["until"] = Fault("time", "order")
    if "state" not in asked.typed:
        asked.sought = replace(asked.sought, state=State.OPEN.value)
    return asked


def number(text: str | None) -> int | None:
    """Return the number of an item; None for anything else."""
    return int(text) if text and re.fullmatch(r"[0-9]{1,15}", text, re.ASCII) else None
