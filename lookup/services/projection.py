"""The stored projection of an incident: what its events say, told once at intake and opened at each lookup."""

from __future__ import annotations

import json
from collections.abc import Sequence

from lookup.domain.engine import tell
from lookup.domain.events import Event
from lookup.domain.story import Story, from_json, to_json
from lookup.services.law import Law


def tell_all(law: Law, events: Sequence[Event]) -> Story:
    """Return the story of one incident's whole set of events."""
    return tell(law.rules, law.calendar, events)


def waiting_since(story: Story) -> int:
    """Return when the first of the events that wait was typed in (µs since the epoch); 0 when none waits."""
    return min((int(step.entered_at.timestamp() * 1_000_000) for step in story.waiting), default=0)


def dump(story: Story) -> str:
    """Return the text that is stored."""
    return json.dumps(to_json(story), ensure_ascii=False, separators=(",", ":"))


def load(text: str) -> Story:
    """Return the story that `dump` stored."""
    return from_json(json.loads(text))
