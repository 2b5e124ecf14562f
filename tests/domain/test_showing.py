"""The stored form of what may be shown loses nothing, and holds exactly until it may change."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lookup.domain.calendar import SHANGHAI
from lookup.domain.disclosed import Disclosed
from lookup.domain.disclosure import Tier, disclose
from lookup.domain.engine import ask, tell
from lookup.domain.showing import Texts, changes_at, glance
from lookup.domain.story import Story
from lookup.services import rulebooks
from tests.support import golden

RULES, CALENDAR = rulebooks.load()
TEXTS = Texts(RULES)
CASES = golden.cases()
STORIES = [tell(RULES, CALENDAR, golden.events(case["events"])) for case in CASES]
YEARS = timedelta(days=800)


def told(story: Story, now: datetime, tier: Tier) -> dict[str, Any]:
    """What may be shown at a moment, told from the story."""
    return disclose(RULES, story, ask(RULES, CALENDAR, story, now), tier).to_json()


@pytest.mark.parametrize("tier", list(Tier))
def test_the_short_form_says_the_same(tier: Tier) -> None:
    """Its whole JSON is that of the disclosure, and it spells out no text of the rulebooks."""
    for story, case in zip(STORIES, CASES, strict=True):
        disclosed = disclose(RULES, story, ask(RULES, CALENDAR, story, golden.moment(case["at"])), tier)
        short = TEXTS.shorten(disclosed)
        assert json.loads(TEXTS.whole(short)) == disclosed.to_json()
        assert "zh-Hans" not in short
        assert glance(short) == (disclosed.unit, disclosed.caller_shown)


def test_data_that_looks_like_the_number_of_a_text_stays_data() -> None:
    """A paper's number is a source's own: whatever it is, it comes out as it went in."""
    story, now = STORIES[0], golden.moment(CASES[0]["at"])
    disclosed = disclose(RULES, story, ask(RULES, CALENDAR, story, now), Tier.T2)
    forged = replace(disclosed, unit='{"$":1}', rules='"},{"$":2}')
    short = TEXTS.shorten(forged)
    assert json.loads(TEXTS.whole(short)) == forged.to_json()
    assert glance(short) == (forged.unit, forged.caller_shown)


@given(unit=st.text() | st.none(), rules=st.text() | st.none(), shown=st.booleans(), notice=st.booleans())
def test_a_glance_sees_what_reading_sees(
    unit: str | None, rules: str | None, shown: bool, notice: bool
) -> None:
    """Whatever stands before and between them, unit and caller are those of the whole form."""
    disclosed = Disclosed("T1", notice, unit, {"zh-Hans": "甲"} if notice else None, rules, shown)
    assert glance(TEXTS.shorten(disclosed)) == (unit, shown)


def test_every_process_numbers_the_texts_alike() -> None:
    """Two readings of the same rulebooks give the same form."""
    again = Texts(RULES)
    for story, case in zip(STORIES, CASES, strict=True):
        disclosed = disclose(RULES, story, ask(RULES, CALENDAR, story, golden.moment(case["at"])), Tier.T2)
        assert again.shorten(disclosed) == TEXTS.shorten(disclosed)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(STORIES), st.integers(0, int(YEARS.total_seconds())), st.floats(0, 1))
def test_nothing_changes_before_the_moment_at_which_it_may(story: Story, after: int, share: float) -> None:
    """From any moment to the instant before `changes_at` both tiers are told the same."""
    now = story.received_at or story.history[0].at if story.history else datetime(2026, 1, 1, tzinfo=SHANGHAI)
    now += timedelta(seconds=after)
    changes = changes_at(RULES, story, ask(RULES, CALENDAR, story, now)) or now + YEARS
    assert changes > now
    later = [now + share * (changes - now - timedelta(microseconds=1)), changes - timedelta(microseconds=1)]
    for tier in Tier:
        assert [told(story, moment, tier) for moment in later] == [told(story, now, tier)] * 2


def test_limits_that_run_out_and_remedies_that_close_are_changes() -> None:
    """A report is told differently on the second after its limit, and that is when it was to change."""
    story = next(s for s, c in zip(STORIES, CASES, strict=True) if c.get("running"))
    due = next(due for due in story.dues if due.done_at is None and due.due_at)
    assert due.due_at is not None
    before = due.due_at - timedelta(hours=1)
    changes = changes_at(RULES, story, ask(RULES, CALENDAR, story, before))
    assert changes == due.due_at + timedelta(seconds=1)
    assert told(story, before, Tier.T2) != told(story, changes, Tier.T2)
