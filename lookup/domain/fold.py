"""From the raw set of events to the set that counts: duplicates dropped, corrections laid over, retractions applied.

Needs no rules and no order of arrival: what was entered last about an event is what counts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from lookup.domain.daylist import unit_prefix
from lookup.domain.events import AMENDING, Event, Kind

Key = tuple[str, str]
_CORRECTABLE = ("case", "case_kind", "to", "from_", "document", "target", "sequence")


@dataclass(frozen=True, slots=True)
class Effective:
    """What counts: `events` (event, was it corrected), `struck` (event, by what), `orphans` without their original."""

    events: tuple[tuple[Event, bool], ...]
    struck: tuple[tuple[Event, Event], ...]
    orphans: tuple[Event, ...]


def effective(events: Iterable[Event]) -> Effective:
    """The events that count. Two different events with one identity: the one entered first is kept."""
    known, amended = _sorted(events)
    if not any(event.kind in AMENDING for event in known.values()):
        return Effective(tuple((event, False) for event in known.values()), (), ())
    return _amend(known, amended)


def told_at(event: Event) -> int:
    """When an event was typed in (ms since the epoch), and for a correction in the last 20 bits which one it was.

    So of one moment a correction is later than what is none, and no two of them are taken for each other: they are odd,
    and everything else is even.
    """
    moment = int(event.entered_at.timestamp() * 1000) << 20
    if event.kind is not Kind.CORRECTION:
        return moment
    which = hashlib.sha256(f"{event.source}\0{event.id}".encode()).digest()
    return moment | int.from_bytes(which[:3], "big") & 0xFFFFF | 1


def counts(told: int, since: int) -> bool:
    """Say whether a person who was told at `told` counts in a role whose persons count `since` (both as `told_at`).

    What a correction told counts only while it is the one that stands and was entered last.
    """
    return told == since or (told > since and told % 2 == 0)


def persons_since(events: Sequence[Event]) -> dict[str, int]:
    """Since when, as `told_at` counts it, the persons of each role count; a role that is not in it: from 0 on.

    A correction says who is right in each role that it names, and puts away whoever was told in this role before. A
    later correction without persons changes nothing about them; one that is retracted, or may not amend, never counted.
    """
    if not any(event.persons for event in events):
        return {}
    known, amended = _sorted(events)
    reached = [key for key, event in known.items() if event.kind not in AMENDING]
    left: dict[Key, Event | None] = {}
    for key in reached:
        left |= _resolve(known[key], amended)[0]
    standing: list[Event] = []
    while reached:  # from the steps on, through what was not retracted
        for event in amended.get(reached.pop(), ()):
            key = (event.source, event.id)
            if left[key] is not None:
                reached.append(key)
                standing.append(event)
    return {role: told_at(event) for event in sorted(standing, key=_entered) for role in event.persons}


def _sorted(events: Iterable[Event]) -> tuple[dict[Key, Event], dict[Key, list[Event]]]:
    """The events by identity, and what amends each of them."""
    known: dict[Key, Event] = {}
    amended: dict[Key, list[Event]] = {}
    for event in events:
        key = (event.source, event.id)
        other = known.get(key)
        if other is None or (other != event and _rank(event) < _rank(other)):
            known[key] = event
    for event in known.values():
        if event.kind in AMENDING and event.replaces is not None and _may_amend(event, known):
            amended.setdefault(event.replaces, []).append(event)
    return known, amended


def _amend(known: dict[Key, Event], amended: dict[Key, list[Event]]) -> Effective:
    counted: list[tuple[Event, bool]] = []
    struck: list[tuple[Event, Event]] = []
    reached: set[Key] = set()
    for key, event in known.items():
        if event.kind in AMENDING:
            continue
        left, by = _resolve(event, amended)
        reached |= left.keys()
        if by is not None:
            struck.append((event, by))
        result = left[key]
        if result is not None:
            counted.append((result, by is not None))
    orphans = [event for key, event in known.items() if key not in reached]
    return Effective(tuple(counted), tuple(struck), tuple(orphans))


def _resolve(step: Event, amended: dict[Key, list[Event]]) -> tuple[dict[Key, Event | None], Event | None]:
    """Return what is left of a step and of each that amends it, at first or second hand, and what last changed it.

    None is left of what was retracted. Each amends one event only, so they are a tree, and may be thousands deep.
    """
    tree = [step]
    for event in tree:
        tree.extend(amended.get((event.source, event.id), ()))
    left: dict[Key, Event | None] = {}
    last: Event | None = None
    for event in reversed(tree):
        key = (event.source, event.id)
        found = [left[each.source, each.id] for each in amended.get(key, ())]
        alive = [each for each in found if each is not None]
        last = max(alive, key=_entered, default=None)
        if last is None:
            left[key] = event
        else:
            left[key] = None if last.kind is Kind.RETRACTION else _overlay(event, last)
    return left, last


def _entered(event: Event) -> tuple[object, ...]:
    """The order in which events were entered; by name, where the moment is the same."""
    return event.entered_at, event.source, event.id


def _overlay(event: Event, correction: Event) -> Event:
    """`event` with what `correction` says. Its reason and approver are why it was made, not what is right."""
    changes = {name: value for name in _CORRECTABLE if (value := getattr(correction, name)) is not None}
    attributes = {**event.attributes, **correction.attributes}
    entered_at = correction.entered_at if event.kind is Kind.CORRECTION else event.entered_at
    return replace(
        event, at=correction.at, entered_at=entered_at, unit=correction.unit, attributes=attributes, **changes
    )


def _may_amend(event: Event, known: dict[Key, Event]) -> bool:
    """Say whether a correction or retraction may touch what it names: its own source's, or its unit's or below.

    Else one source could strike what a unit said for which it may not speak. Judged here, not at intake, because
    what it names may come later.
    """
    original = known.get(event.replaces) if event.replaces else None
    return (
        original is None
        or original.source == event.source
        or original.unit.startswith(unit_prefix(event.unit))
    )


def _rank(event: Event) -> tuple[object, ...]:
    return (event.entered_at, event.at, repr(event))
