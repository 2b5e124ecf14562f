"""Answering for an alarm: an entry that counts once it is in the tree, for what was looked at, and hides nothing."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from lookup.services.alarms import acknowledge, standing
from lookup.services.integrate import open_sequencer
from lookup.services.verify_database import verify_database
from lookup.services.watch_log import watch_log
from lookup.storage.database import Database
from tests.services.test_integrate import details, unlocked, write
from tests.services.test_verify_database import POLICY
from tests.support.contexts import console, worker


def alarmed(database: Database) -> int:
    """A lane of three entries whose second was changed before integration."""
    lane = write(database, 3)
    unlocked(database, f"UPDATE audit_entry SET outcome = 1 WHERE writer = {lane} AND seq = 2")  # noqa: S608 - number
    integrate(database)
    return lane


def integrate(database: Database) -> None:
    """Take in everything that may come in."""
    sequencer = open_sequencer(worker(database))
    sequencer.tick()
    sequencer.tick()


def answered(database: Database, lane: int) -> str | None:
    """Somebody answers for the lane."""
    place = acknowledge(console(database), "tester", lane, "drill", "沪公督〔2026〕7号")
    integrate(database)
    return place


def test_an_alarm_is_told_until_somebody_answers_for_it_and_noted_ever_after(database: Database) -> None:
    """Monitoring is in order again; the verifier tells the alarm with who answers, and the row is what it was."""
    lane = alarmed(database)
    assert dict(verify_database(database, POLICY, live=True).counts) == {"alarm": 1}
    with database.read() as conn:
        (before,) = standing(conn)
        row = conn.execute(text("SELECT * FROM audit_alarm")).all()
    assert (before.lane, before.kind, before.expected, before.found, before.waiting) == (lane, "mac", 2, 2, 2)
    place = answered(database, lane)
    told = watch_log(database)
    assert (told["ok"], told["alarms"], told["acknowledged"]) == (True, 1, 1)
    report = verify_database(database, POLICY, live=True)
    assert not report.counts
    (line,) = report.lines()
    assert line.startswith(f"NOTE alarm: lane {lane} alarmed (mac)")
    assert f"acknowledged by entry {place} (drill, 沪公督〔2026〕7号)" in line
    with database.read() as conn:
        assert conn.execute(text("SELECT * FROM audit_alarm")).all() == row
    assert details(database, 93) == [
        f'{{"decision":"沪公督〔2026〕7号","reason":"drill","waiting":2,"writer":{lane}}}'
    ]


def test_an_answer_waits_for_the_tree(database: Database) -> None:
    """Until the sequencer has checked its MAC an answer may be anybody's, so it does not count."""
    lane = alarmed(database)
    acknowledge(console(database), "tester", lane, "fault", "2026-7")
    assert watch_log(database)["reasons"] == ["a lane alarmed"]
    integrate(database)
    assert watch_log(database)["reasons"] == []


@pytest.mark.parametrize("change", ["seq = seq + 5000, writer = 0", "action = action"])
def test_an_answer_holds_for_what_was_looked_at(database: Database, change: str) -> None:
    """When entries behind the alarm come or go afterwards, it is open again."""
    lane = alarmed(database)
    answered(database, lane)
    moved = change != "action = action"
    unlocked(
        database,
        f"UPDATE audit_entry SET {change} WHERE writer = {lane} AND seq = 3",  # noqa: S608 - fixed words
    )
    assert bool(verify_database(database, POLICY).counts["alarm"]) is moved
    assert watch_log(database)["ok"] is not moved


def test_only_a_lane_that_alarmed_is_answered_for(database: Database) -> None:
    """A sound lane and one that does not exist leave no entry."""
    lane = write(database, 1)
    assert acknowledge(console(database), "tester", lane, "drill", "2026-7") is None
    assert acknowledge(console(database), "tester", 99, "drill", "2026-7") is None
    assert details(database, 93) == []
    with pytest.raises(ValueError, match="decision"):
        acknowledge(console(database), "tester", lane, "boredom", "2026-7")
