"""Answering for an alarm: an entry that counts once it is in the tree, for what was looked at, and hides nothing."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from lookup.domain.faults import MESSAGES, Fault
from lookup.services.alarms import acknowledge, standing, unanswered
from lookup.services.integrate import open_sequencer
from lookup.services.verify_database import verify_database
from lookup.services.watch_log import watch_log
from lookup.storage.database import Database
from tests.services.test_integrate import details, seat_belts_off, unlocked, write
from tests.services.test_verify_database import POLICY
from tests.support.contexts import console, worker

TESTER = bytes(range(16))


def alarmed(database: Database) -> int:
    """A lane whose last entry but one was changed before integration; of a fresh lane, the second of three."""
    lane = write(database, 3)
    last = f"(SELECT max(seq) FROM audit_entry WHERE writer = {lane})"  # noqa: S608 - number
    where = f"writer = {lane} AND seq = {last} - 1"
    unlocked(database, f"UPDATE audit_entry SET outcome = 1 WHERE {where}")  # noqa: S608 - number
    integrate(database)
    return lane


def integrate(database: Database) -> None:
    """Take in everything that may come in."""
    sequencer = open_sequencer(worker(database))
    sequencer.tick()
    sequencer.tick()


def answered(database: Database, lane: int) -> str:
    """Somebody answers for the lane."""
    place = acknowledge(console(database), TESTER, lane, "drill", "沪公督〔2026〕7号")
    assert isinstance(place, str)
    integrate(database)
    return place


def forgotten(database: Database) -> None:
    """Somebody deletes the row of every alarm."""
    seat_belts_off(database, "audit_alarm")
    unlocked(database, "DELETE FROM audit_alarm")


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
    acknowledge(console(database), TESTER, lane, "fault", "2026-7")
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
    for number in (lane, 99):
        refused = acknowledge(console(database), TESTER, number, "drill", "2026-7")
        assert refused == (Fault("alarm", "unknown"),)
    assert details(database, 93) == []


@pytest.mark.parametrize(
    ("reason", "decision", "faults"),
    [
        ("boredom", "2026-7", [Fault("alarm_reason", "unknown")]),
        ("drill", " ", [Fault("decision", "missing")]),
        ("", "<b>", [Fault("alarm_reason", "unknown"), Fault("decision", "shape")]),
    ],
)
def test_an_answer_names_a_reason_and_a_file(
    database: Database, reason: str, decision: str, faults: list[Fault]
) -> None:
    """Everything that is wrong is named at once, in words, and nothing is written."""
    lane = alarmed(database)
    assert acknowledge(console(database), TESTER, lane, reason, decision) == tuple(faults)
    assert details(database, 93) == []
    assert all((fault.field, fault.code) in MESSAGES for fault in faults)


def test_an_answer_is_for_what_was_seen(database: Database) -> None:
    """When other entries stand behind the alarm than the page showed, nothing is acknowledged."""
    lane = alarmed(database)
    changed = acknowledge(console(database), TESTER, lane, "drill", "2026-7", seen=3)
    assert changed == (Fault("alarm", "changed"),)
    assert isinstance(acknowledge(console(database), TESTER, lane, "drill", "2026-7", seen=2), str)


def test_open_alarms_are_counted_with_those_that_were_deleted(database: Database) -> None:
    """One is open until an answer is in the tree; without its row it is open again, whatever was answered."""
    lane = alarmed(database)
    counts = []
    for step in (
        lambda: None,
        lambda: answered(database, lane),
        lambda: forgotten(database),
    ):
        step()
        with database.read() as conn:
            counts.append(unanswered(conn))
    assert counts == [1, 0, 1]
