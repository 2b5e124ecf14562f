"""What may leave the service, as values ready to be shown. Decides nothing: that is disclosure.py's work."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

from lookup.domain.ruletypes import Text


class Tier(StrEnum):
    """T1: holds the reference and proved the calling phone. T2: proved to be the victim or complainant."""

    T1 = "T1"
    T2 = "T2"


@dataclass(frozen=True, slots=True)
class Headline:
    """One of the two answers, in words: `label` by the rulebook of its own day; `unit` is a unit code."""

    code: str
    label: Text
    at: datetime | None
    unit: str | None
    document: Text | None
    document_number: str | None


@dataclass(frozen=True, slots=True)
class Stage:
    """A state in plain words."""

    code: str
    label: Text
    meaning: Text
    next: Text
    at: datetime | None
    sources: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case. T1: only `matter` (open, concluded, refused) and its registration. T2: also number, stage and pauses."""

    kind: str
    matter: str
    matter_label: Text
    registration: Headline
    first_registration: Headline | None
    unit: str
    id: str | None = None
    stage: Stage | None = None
    reason: Text | None = None
    paused: tuple[Text, ...] = ()
    extensions: int | None = None


@dataclass(frozen=True, slots=True)
class DueView:
    """A limit: `state` is running, paused, overdue or done_late; `due_at` the last second inclusive."""

    code: str
    state: str
    label: Text
    to: Text
    unit: str
    started_at: datetime
    due_at: datetime | None
    at_once: bool
    provisional: bool
    sources: tuple[Text, ...]
    unsure: Text | None
    extensions: int = 0
    done_at: datetime | None = None
    case: str | None = None


@dataclass(frozen=True, slots=True)
class RemedyView:
    """A remedy in words; `until` None means: the limit counts from a moment we do not know, or there is none."""

    code: str
    label: Text
    how: Text
    addressee: Text
    until: datetime | None
    provisional: bool
    sources: tuple[Text, ...]
    unsure: Text | None
    case: str | None = None


@dataclass(frozen=True, slots=True)
class PaperView:
    """A paper, by its name and the moment it was served; never its content. `due` when served is not recorded."""

    label: Text
    to: Text
    served_at: datetime | None


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the history."""

    at: datetime
    code: str
    label: Text
    unit: str
    corrected: bool


@dataclass(frozen=True, slots=True)
class Correction:
    """That a record was corrected or withdrawn, and when; not what it wrongly said."""

    at: datetime
    label: Text


@dataclass(frozen=True, slots=True)
class Disclosed:
    """Everything that may leave the service for one person. Withheld: `unit` and `notice` only, all else empty.

    `caller_shown` says whether the masked calling number may be shown; `omitted` that a withheld stretch is left out;
    `syncing` that something arrived and can not be placed yet (`notice` says so).
    """

    tier: str
    withheld: bool
    unit: str | None
    notice: Text | None = None
    rules: str | None = None
    caller_shown: bool = False
    received_at: datetime | None = None
    arrived_at: datetime | None = None
    updated_at: datetime | None = None
    acceptance: Headline | None = None
    first_acceptance: Headline | None = None
    registration: Headline | None = None
    stage: Stage | None = None
    next: Text | None = None
    matter: str | None = None
    matter_label: Text | None = None
    cases: tuple[CaseView, ...] = ()
    dues: tuple[DueView, ...] = ()
    remedies: tuple[RemedyView, ...] = ()
    papers: tuple[PaperView, ...] = ()
    history: tuple[Moment, ...] = ()
    corrections: tuple[Correction, ...] = ()
    omitted: bool = False
    syncing: bool = False

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; times as ISO 8601 with +08:00; texts as {"zh-Hans": …, "en": …}."""
        result: dict[str, Any] = _dump(self)
        return result


_NAMES: dict[type, tuple[str, ...]] = {
    kind: tuple(item.name for item in fields(kind))
    for kind in (
        Headline, Stage, CaseView, DueView, RemedyView, PaperView, Moment, Correction, Disclosed
    )
}  # fmt: skip


def _dump(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_dump(item) for item in value]
    names = _NAMES.get(type(value))
    if names is not None:
        return {name: _dump(getattr(value, name)) for name in names}
    return value.isoformat() if isinstance(value, datetime) else value
