"""The filter form of the entry list: what stands in the address, what it means, and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from lookup.domain.budget import network_prefix
from lookup.domain.calendar import SHANGHAI
from lookup.domain.faults import Fault
from lookup.ledger.entry import ACTIONS, OUTCOMES
from lookup.services.contexts import ConsoleContext
from lookup.services.find_report import find_actor
from lookup.services.list_entries import Filter, Key

FIELDS = ("since", "until", "action", "outcome", "actor", "report", "net")
_CURSOR = re.compile(r"(0|[1-9][0-9]{0,15})\.(0|[1-9][0-9]{0,15})\.(0|[1-9][0-9]{0,15})")


@dataclass(slots=True)
class Asked:
    """What somebody asks to see. `typed` is what stands in the form; with `faults` nothing may be searched."""

    typed: dict[str, str]
    filter: Filter = field(default_factory=Filter)
    before: Key | None = None
    after: Key | None = None
    faults: dict[str, Fault] = field(default_factory=dict)

    def with_(self, **changes: str) -> dict[str, str]:
        """Return the words of the address for the same question with some parts changed; "" leaves one out."""
        return {name: value for name, value in (self.typed | changes).items() if value}


def read(context: ConsoleContext, args: Mapping[str, str]) -> Asked:
    """Return what the address asks; wrong parts are named in `faults` and not echoed anywhere else."""
    asked = Asked({name: args[name].strip() for name in FIELDS if args.get(name, "").strip()})
    for name, text in asked.typed.items():
        value = _value(context, name, text)
        if isinstance(value, Fault):
            asked.faults[name] = value
        else:
            asked.filter = replace(asked.filter, **{name: value})
    asked.before, asked.after = cursor(args.get("before")), cursor(args.get("after"))
    since, until = asked.filter.since, asked.filter.until
    if since is not None and until is not None and since >= until:
        asked.faults["until"] = Fault("time", "order")
    return asked


def _value(context: ConsoleContext, name: str, text: str) -> Any:
    if name in ("since", "until"):
        return moment(text)
    if name == "actor":
        return find_actor(context, text)
    if name == "net":
        net = network_prefix(text.partition("/")[0], 48)
        return Fault("network", "shape") if net == "unknown" else net
    if name == "report":
        return bytes.fromhex(text) if re.fullmatch(r"[0-9a-f]{32}", text) else Fault("filter", "unknown")
    return text if text in (ACTIONS if name == "action" else OUTCOMES) else Fault("filter", "unknown")


def moment(text: str) -> int | Fault:
    """Return a local time of Asia/Shanghai (as `datetime-local` sends it) in µs since the epoch."""
    try:
        local = datetime.fromisoformat(text)
        return int(local.replace(tzinfo=local.tzinfo or SHANGHAI).timestamp()) * 1_000_000
    except (ValueError, OverflowError, OSError):
        return Fault("time", "shape")


def cursor(text: str | None) -> Key | None:
    """Return where a page begins; None, which is the newest page, for anything that is no cursor."""
    found = _CURSOR.fullmatch(text or "")
    return Key(*map(int, found.groups())) if found else None


def write_cursor(key: Key | None) -> str:
    """Return a cursor for an address; "" at an end."""
    return "" if key is None else ".".join(map(str, key))


def local(us: int) -> datetime:
    """Return a time of the ledger (µs, UTC) in Asia/Shanghai."""
    return datetime.fromtimestamp(us // 1_000_000, SHANGHAI)
