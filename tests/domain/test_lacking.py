"""What an event that waits lacks, and where its case stands."""

from __future__ import annotations

import pytest

from lookup.domain.engine import tell
from lookup.domain.lacking import Lack, lacking
from lookup.services.rulebooks import load
from tests.support import golden

RULES, CALENDAR = load()
J10, J40 = "2026-03-02 14:05 J10", "2026-03-02 15:00 J40"


@pytest.mark.parametrize(
    ("lines", "lack", "stands", "before"),
    [
        ([J10, "2026-03-02 14:20 J30"], Lack.STEP, "J10", ("J20",)),
        (["2026-03-02 14:20 J20 from=J10"], Lack.STEP, None, ("J10",)),
        ([J10, "2026-03-02 14:20 J10"], Lack.NOTHING, "J10", ()),
        ([J10, "2026-03-02 14:20 pause:appraisal case=1"], Lack.CASE, "J10", ()),
        ([J10, "2026-03-02 14:20 correct:9 reason=x"], Lack.ORIGINAL, "J10", ()),
    ],
)
def test_what_is_lacking(lines: list[str], lack: Lack, stands: str | None, before: tuple[str, ...]) -> None:
    """A step that must come first, the case, the original, or nothing that could come."""
    story = tell(RULES, CALENDAR, golden.events(lines))
    (step,) = story.waiting
    found = lacking(RULES.named(step.rules), story, step)
    assert (found.lack, found.stands) == (lack, stands)
    assert found.before == before


def test_a_step_that_lacks_its_reason_where_it_stands_says_so() -> None:
    """Some way to the state needs no reason, the one from here does: no other event can mend that."""
    lines = [J10, "2026-03-02 14:10 J96", "2026-03-02 14:20 J50"]
    story = tell(RULES, CALENDAR, golden.events(lines))
    (step,) = story.waiting
    found = lacking(RULES.named(step.rules), story, step)
    assert (found.lack, found.stands, found.before) == (Lack.CLAUSE, "J96", ())
