"""The story of one incident: what its set of events says, without any "now". Stored as the projection.

Values only. `to_json` and `from_json` are exact inverses. No person's data is ever part of a story.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Step:
    """One statement as it counts after corrections; `rules` names the rulebook of its own day.

    `corrected` is true when a correction (更正) shaped it. `out_of_time` when it happened, by the clocks of two
    systems, a little before the step it follows.
    """

    source: str
    id: str
    kind: str
    at: datetime
    entered_at: datetime
    unit: str
    rules: str
    case: str | None = None
    to: str | None = None
    from_: str | None = None
    reason: str | None = None
    document: str | None = None
    document_number: str | None = None
    served_at: datetime | None = None
    approver: str | None = None
    target: str | None = None
    corrected: bool = False
    out_of_time: bool = False


@dataclass(frozen=True, slots=True)
class Struck:
    """A statement that no longer counts, and the correction or retraction that struck it out."""

    step: Step
    by: str
    kind: str
    entered_at: datetime
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """One of the two headlines: was the report accepted (受理), was a case registered (受案 / 立案).

    acceptance codes: `pending` `accepted` `not_accepted` `merged`.
    registration codes: `pending` `reviewing` `filed` `not_filed`; `case_kind` says administrative or criminal.
    `rules` is the rulebook whose words apply (受案 or 立案).
    """

    code: str
    rules: str
    at: datetime | None = None
    unit: str | None = None
    case: str | None = None
    case_kind: str | None = None
    document: str | None = None
    document_number: str | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """A stretch in which a case's clocks stand still (鉴定, 听证); open while `until` is None."""

    reason: str
    since: datetime
    until: datetime | None
    rules: str


@dataclass(frozen=True, slots=True)
class Due:
    """One run of a clock: rule `code` of rulebook `rules`, from `started_at` to `due_at` (last second, inclusive).

    `due_at` is None while a pause is open. `late` is true when the end came after `due_at`; while `done_at` is
    None, lateness is a question for `ask`. `extensions` and `paused_days` are already in `due_at`.
    """

    code: str
    rules: str
    unit: str
    started_at: datetime
    due_at: datetime | None
    case: str | None = None
    done_at: datetime | None = None
    late: bool = False
    provisional: bool = False
    extensions: int = 0
    paused_days: int = 0


@dataclass(frozen=True, slots=True)
class CaseStory:
    """One case: its present state, its registrations (the first stays in the history), pauses and extensions."""

    id: str
    kind: str
    state: str
    state_at: datetime
    rules: str
    unit: str
    registration: Answer
    first_registration: Answer | None = None
    pauses: tuple[Pause, ...] = ()
    extensions: tuple[datetime, ...] = ()
    marks: tuple[str, ...] = ()
    before_move: str | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """One incident as the set of its events says. `state` is None when no first event has arrived yet.

    `acceptance` and `registration` are the two headlines (the current ones); `history` holds the placed steps in
    order; `waiting` what can not be placed yet; `struck` what was corrected or retracted.
    """

    incident: str
    state: str | None
    state_at: datetime | None
    rules: str
    unit: str | None
    received_at: datetime | None
    arrived_at: datetime | None
    updated_at: datetime | None
    acceptance: Answer
    registration: Answer
    first_acceptance: Answer | None = None
    cases: tuple[CaseStory, ...] = ()
    history: tuple[Step, ...] = ()
    waiting: tuple[Step, ...] = ()
    struck: tuple[Struck, ...] = ()
    dues: tuple[Due, ...] = ()
    marks: tuple[str, ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()
    withheld: tuple[str, ...] = ()
    hidden: tuple[Pause, ...] = ()
    merged_into: str | None = None


@dataclass(frozen=True, slots=True)
class Remedy:
    """A remedy (救济途径) open at the moment asked about: rule `code` of rulebook `rules`.

    `until` is the last second to use it; None when the limit counts from a moment we do not know (service of the
    paper) or when there is none.
    """

    code: str
    rules: str
    case: str | None = None
    until: datetime | None = None
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """How a story stands at `now`: dues still running, overdue, done late; remedies open."""

    now: datetime
    running: tuple[Due, ...]
    overdue: tuple[Due, ...]
    done_late: tuple[Due, ...]
    remedies: tuple[Remedy, ...]


_NAMES: dict[type, tuple[tuple[str, Any], ...]] = {
    kind: tuple((f.name, f.default) for f in fields(kind))
    for kind in (Step, Struck, Answer, Pause, Due, CaseStory, Story)
}


def _dump(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_dump(item) for item in value]
    names = _NAMES.get(type(value))
    if names is None:
        return value
    found = ((name, getattr(value, name), default) for name, default in names)
    return {name: _dump(item) for name, item, default in found if item != default}


def _load(kind: Any, data: dict[str, Any]) -> Any:
    values = dict(data)
    for name in _READ.keys() & values.keys():
        if values[name] is not None:
            values[name] = _READ[name](values[name])
    return kind(**values)


def _one(kind: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda data: _load(kind, data)


def _many(kind: Any) -> Callable[[list[dict[str, Any]]], Any]:
    return lambda items: tuple([_load(kind, data) for data in items])


def _extensions(value: Any) -> Any:
    """Times of a case, a number of a limit."""
    return tuple(map(datetime.fromisoformat, value)) if isinstance(value, list) else value


_READ: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(
        ("at", "entered_at", "served_at", "since", "until", "started_at", "due_at", "done_at", "state_at",
         "received_at", "arrived_at", "updated_at"), datetime.fromisoformat,
    ),
    **dict.fromkeys(("acceptance", "registration", "first_acceptance", "first_registration"), _one(Answer)),
    **dict.fromkeys(("history", "waiting"), _many(Step)),
    **dict.fromkeys(("pauses", "hidden"), _many(Pause)),
    **dict.fromkeys(("marks", "withheld"), tuple),
    "step": _one(Step), "cases": _many(CaseStory), "struck": _many(Struck), "dues": _many(Due),
    "attributes": lambda pairs: tuple(map(tuple, pairs)), "extensions": _extensions,
}  # fmt: skip
"""How each field that JSON can not hold as it is becomes what it was; all others are taken as they are."""


def to_json(story: Story) -> dict[str, Any]:
    """`story` as JSON values; fields that hold their default are left out."""
    result: dict[str, Any] = _dump(story)
    return result


def from_json(data: dict[str, Any]) -> Story:
    """The story `to_json` wrote. A shape it did not write is a broken contract: TypeError, KeyError or ValueError."""
    story: Story = _load(Story, data)
    return story
