"""One event as a step of a story."""

from __future__ import annotations

from datetime import timedelta

from lookup.domain.calendar import local
from lookup.domain.events import Event
from lookup.domain.story import Step

SKEW = timedelta(minutes=10)
"""How far the clocks of two police systems may disagree before a step counts as out of place [D]."""


def step_of(
    event: Event, rules: str, *, from_: str | None, corrected: bool = False, out_of_time: bool = False
) -> Step:
    """`event` as a step of the story."""
    document = event.document
    return Step(
        source=event.source, id=event.id, kind=str(event.kind), at=local(event.at), entered_at=local(event.entered_at),
        unit=event.unit, rules=rules, case=event.case, to=event.to, from_=from_, reason=event.reason,
        document=document.code if document else None, document_number=document.number if document else None,
        served_at=local(document.served_at) if document and document.served_at else None, approver=event.approver,
        target=event.target, corrected=corrected, out_of_time=out_of_time,
    )  # fmt: skip
