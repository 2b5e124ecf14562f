"""The state of the audit log for whoever watches the service: sizes, ages, alarms. Nothing personal."""

from __future__ import annotations

from collections.abc import Collection

from lookup.ledger.entry import OUTCOME_NAMES
from lookup.services import alarms
from lookup.storage import cosignatures, entries, sequencing, waiting
from lookup.storage.database import Database
from lookup.storage.entries import Filter
from lookup.storage.lanes import now_us

CHECKPOINT_S, PENDING_S, COSIGNATURE_S = 90, 30, 300
"""Longest ages in seconds that are still in order: newest checkpoint, oldest waiting entry, each witness's newest."""


def watch_log(database: Database, witnesses: Collection[str] = ()) -> dict[str, object]:
    """Return size, waiting entries, ages in seconds, sizes reached by witnesses, quarantined lanes, last check.

    `witnesses` are names of the policy that must have cosigned lately. `reasons` says why `ok` is False: no
    checkpoint or none for CHECKPOINT_S, an entry waiting longer than PENDING_S, a witness silent for COSIGNATURE_S,
    an alarm that nobody answered for (services/alarms.py), a failed self-check. Entries of a quarantined lane are
    alarms and not counted as waiting.
    """
    with database.read() as conn:
        now = now_us()
        head = sequencing.latest_checkpoint(conn)
        alarmed = alarms.standing(conn)
        backlog = waiting.backlog(conn, {each.lane for each in alarmed})
        reached, cosigned = cosignatures.reached(conn), cosignatures.newest(conn)
        found = entries.search(conn, Filter(action="sys.verify"), 1).rows
    told: dict[str, object] = {
        "size": head.size if head else 0,
        "pending": backlog.entries,
        "oldest_pending_s": _age(now, backlog.oldest),
        "checkpoint_age_s": _age(now, head.ts if head else None),
        "cosigned": reached,
        "cosignature_age_s": {name: _age(now, cosigned.get(name)) for name in {*witnesses, *cosigned}},
        "alarms": len(alarmed),
        "acknowledged": sum(each.is_settled for each in alarmed),
        "last_verification": OUTCOME_NAMES.get(found[0].outcome) if found else None,
    }
    reasons = _reasons(told, witnesses)
    return {"ok": not reasons, "reasons": reasons} | told


def _age(now: int, moment: int | None) -> int | None:
    return None if moment is None else max(0, now - moment) // 1_000_000


def _reasons(told: dict[str, object], witnesses: Collection[str]) -> list[str]:
    ages = told["cosignature_age_s"]
    reasons = {
        "no fresh checkpoint": _beyond(told["checkpoint_age_s"], CHECKPOINT_S, missing=True),
        "entries wait too long": _beyond(told["oldest_pending_s"], PENDING_S),
        "a lane alarmed": told["alarms"] != told["acknowledged"],
        "the last verification failed": told["last_verification"] == "failed",
    }
    if isinstance(ages, dict):
        for name in sorted(witnesses):
            late = _beyond(ages[name], COSIGNATURE_S, missing=True)
            reasons[f"no fresh cosignature of {name}"] = late
    return [reason for reason, holds in reasons.items() if holds]


def _beyond(age: object, most: int, *, missing: bool = False) -> bool:
    return age > most if isinstance(age, int) else missing
