"""The state of the log for monitoring: what waits, how old everything is, and why somebody has to look."""

from __future__ import annotations

import time

import time_machine
from sqlalchemy import text

from lookup.ledger.policy import Log, Policy
from lookup.ledger.policy import Witness as Named
from lookup.services.cosign import witness_key
from lookup.services.integrate import open_sequencer
from lookup.services.log_key import LogKey
from lookup.services.watch_log import COSIGNATURE_S, PENDING_S, watch_log
from lookup.storage import cosignatures
from lookup.storage.cosignatures import CosigRow
from lookup.storage.database import Database
from lookup.storage.lanes import now_us
from tests.services.test_integrate import details, unlocked, write
from tests.support.contexts import key, worker
from tests.web.citizen.conftest import app_on

POLICY = Policy(
    (Log(LogKey.from_seed("lookup.test/log1", key(8)).public),),
    {b"w1": Named(witness_key("w.test/1", "C" * 42 + "A")[0], b"https://w.test")},
    {},
    b"w1",
)


def test_waiting_entries_are_counted_and_old_ones_are_a_reason(database: Database) -> None:
    """In every lane: those that stand in no run yet, and how long the oldest has waited."""
    assert (watch_log(database)["pending"], watch_log(database)["oldest_pending_s"]) == (0, None)
    write(database, 4)
    sequencer = open_sequencer(worker(database))
    sequencer.tick()
    assert (watch_log(database)["pending"], watch_log(database)["reasons"]) == (0, [])
    write(database, 3)
    told = watch_log(database)
    assert (told["pending"], told["ok"]) == (3, True)
    with time_machine.travel(time.time() + PENDING_S + 2):
        told = watch_log(database)
    assert (told["ok"], told["reasons"]) == (False, ["entries wait too long"])
    assert isinstance(told["oldest_pending_s"], int)
    assert told["oldest_pending_s"] > PENDING_S


def test_a_quarantined_lane_is_an_alarm_and_does_not_wait(database: Database) -> None:
    """What stands in a lane that alarmed is told as an alarm, once, not as a growing backlog."""
    writer = write(database, 3)
    unlocked(database, f"UPDATE audit_entry SET outcome = 1 WHERE writer = {writer} AND seq = 2")  # noqa: S608 - number
    sequencer = open_sequencer(worker(database))
    sequencer.tick()
    sequencer.tick()
    told = watch_log(database)
    assert (told["pending"], told["alarms"], told["reasons"]) == (0, 1, ["a lane alarmed"])


def test_a_silent_witness_is_a_reason(database: Database) -> None:
    """A witness of the policy that never cosigned, or not for five minutes, is named; a fresh one is in order."""
    write(database, 1)
    sequencer = open_sequencer(worker(database))
    sequencer.tick()
    assert watch_log(database, ["w1"])["reasons"] == ["no fresh cosignature of w1"]
    with database.write() as conn:
        cosignatures.add(conn, CosigRow(1, "w1", now_us(), "—\n"))
    told = watch_log(database, ["w1"])
    assert (told["ok"], told["cosigned"], told["cosignature_age_s"]) == (True, {"w1": 1}, {"w1": 0})
    with time_machine.travel(time.time() + COSIGNATURE_S + 2):
        reasons = watch_log(database, ["w1"])["reasons"]
    assert reasons == ["no fresh checkpoint", "no fresh cosignature of w1"]


def test_the_page_for_monitoring_answers_503_with_reasons(database: Database) -> None:
    """200 while all is well, 503 and why when it is not; a witness without cosignature counts by the policy."""
    plain = app_on(database).test_client()
    assert [plain.get("/healthz/audit").status_code for _ in range(2)] == [503, 503]
    write(database, 1)
    open_sequencer(worker(database)).tick()
    assert plain.get("/healthz/audit").status_code == 200
    answer = app_on(database, policy=POLICY.to_bytes().decode()).test_client().get("/healthz/audit")
    assert (answer.status_code, answer.get_json()["reasons"]) == (503, ["no fresh cosignature of w1"])
    assert answer.headers.get("Set-Cookie") is None
    assert details(database, 83) == []  # monitoring was refused nothing: no sys.gap


def test_the_backlog_is_found_from_the_ends_of_the_lanes(database: Database) -> None:
    """After pruning, too: the last entry of a lane stays, and a lane without any waits for nothing."""
    write(database, 1)
    with database.write() as conn:
        conn.execute(
            text(
                "INSERT INTO audit_writer (host, pid, started, boot, mac_epoch, kind) VALUES ('h', 1, 1, :b, 1, 1)"
            ),
            {"b": bytes(16)},
        )
    assert watch_log(database)["pending"] == 1
