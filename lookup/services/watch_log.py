"""The state of the audit log for whoever watches the service: sizes, ages, alarms. Nothing personal."""

from __future__ import annotations

from lookup.ledger.entry import OUTCOME_NAMES
from lookup.storage import cosignatures, entries, sequencing
from lookup.storage.database import Database
from lookup.storage.entries import Filter
from lookup.storage.lanes import now_us

SILENCE_S = 90


def watch_log(database: Database) -> dict[str, object]:
    """Return size, seconds since the newest checkpoint, size reached by each witness, quarantined lanes, last check.

    `ok` is False when there is no fresh checkpoint (90 s), a lane alarmed, or the last self-check failed.
    """
    with database.read() as conn:
        head = sequencing.latest_checkpoint(conn)
        alarms = len(sequencing.alarms(conn))
        reached = cosignatures.reached(conn)
        found = entries.search(conn, Filter(action="sys.verify"), 1).rows
    age = None if head is None else (now_us() - head.ts) // 1_000_000
    last = OUTCOME_NAMES[found[0].outcome] if found else None
    return {
        "ok": age is not None and age <= SILENCE_S and not alarms and last != "failed",
        "size": head.size if head else 0,
        "checkpoint_age_s": age,
        "cosigned": reached,
        "alarms": alarms,
        "last_verification": last,
    }
