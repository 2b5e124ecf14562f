"""What an event lacks that was taken and does not fit yet: it waits (等前一步)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from lookup.domain.events import AMENDING, Kind
from lookup.domain.legality import START, has_clauses
from lookup.domain.ruletypes import Rulebook
from lookup.domain.story import Step, Story


class Lack(StrEnum):
    """What is missing so that the event counts."""

    STEP = "step"  # one that leads to a state of `before`
    CLAUSE = "clause"  # where it stands, this step needs a reason or a target, which the event does not name
    CASE = "case"  # the case that it speaks of has not begun
    ORIGINAL = "original"  # the event that it corrects or retracts
    NOTHING = "nothing"  # no event can make it fit: it is likely wrong itself


@dataclass(frozen=True, slots=True)
class Lacking:
    """What one waiting event lacks; `before`: codes of the states of which one must come first, with STEP only.

    `stands`: the state of its case at its time, or of the incident where there is no such case; None: not begun.
    """

    lack: Lack
    stands: str | None
    before: tuple[str, ...] = ()


def lacking(book: Rulebook, story: Story, step: Step) -> Lacking:
    """Say what a waiting `step` of `story` lacks by `book`, the rulebook of its day."""
    stood = _stands(story, step)
    if step.kind in AMENDING:
        return Lacking(Lack.ORIGINAL, stood)
    if step.kind != Kind.TRANSITION:
        return Lacking(Lack.CASE, stood)
    if step.to == START:
        return Lacking(Lack.NOTHING, stood)
    leading = (from_ for from_, to in book.pairs if to == step.to and (step.case or from_[0] == "J"))
    before = (step.from_,) if step.from_ else tuple(leading)
    if stood not in before or stood is None:
        return Lacking(Lack.STEP if before else Lack.NOTHING, stood, before)
    rule = book.pairs.get((stood, step.to or ""))
    unsaid = rule is not None and not has_clauses(rule, step)
    return Lacking(Lack.CLAUSE if unsaid else Lack.NOTHING, stood)


def _stands(story: Story, step: Step) -> str | None:
    entered = [each for each in story.history if each.kind == Kind.TRANSITION and each.at <= step.at]
    own = [each for each in entered if each.case == step.case] or [e for e in entered if e.case is None]
    return own[-1].to if own else None
