"""A day's list of incident numbers (日清单): its canonical hash, and what two lists lack of each other (每警必录)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Set
from dataclasses import dataclass
from hashlib import sha256

from lookup.domain.events import AMENDING
from lookup.domain.story import Step, Story

NOBODY = ""
"""The source of an incident of which no step stands: it is on no list."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Numbers, ascending. `not_received`: listed, but nobody told us, or all that was told is retracted.

    `not_listed`: told, but not on the list. `elsewhere`: listed, and told by another source or under another day or
    unit, so not missing.
    """

    not_received: tuple[str, ...]
    not_listed: tuple[str, ...]
    elsewhere: tuple[str, ...]


def list_hash(numbers: Iterable[str]) -> str:
    """Return SHA-256 (hex) over the numbers in ascending order of bytes, each once, each followed by a line feed.

    `LC_ALL=C sort -u FILE | sha256sum` says the same. Neither order nor repetition matters; no key, so that a
    source can compute it.
    """
    return sha256("".join(f"{number}\n" for number in sorted(set(numbers))).encode()).hexdigest()


def compare(listed: Set[str], ours: Set[str], known: Collection[str]) -> Comparison:
    """Compare a list with what its source told of that day and unit; `known` are further numbers that exist here."""
    absent = listed - ours
    elsewhere = absent & set(known)
    return Comparison(
        tuple(sorted(absent - elsewhere)), tuple(sorted(ours - listed)), tuple(sorted(elsewhere))
    )


def unit_prefix(unit: str) -> str:
    """Return what the codes of a unit and of those below it begin with: 369902000000 is 369902."""
    return re.sub(r"(?:00)+$", "", unit)


def first_told(story: Story) -> Step | None:
    """Return the step an incident is listed by: its earliest, as corrected.

    None when all were retracted, or when nothing has come but corrections and retractions of what is not there.
    """
    steps = story.history or [step for step in story.waiting if step.kind not in AMENDING]
    return min(steps, key=lambda step: (step.at, step.source, step.id), default=None)
