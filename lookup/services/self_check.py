"""The ledger verifies itself on a schedule; the outcome is an entry (`sys.verify`), a failure is an alarm."""

from __future__ import annotations

import logging
from pathlib import Path

from lookup.ledger.policy import Log, Policy, parse_policy
from lookup.services.contexts import WorkerContext
from lookup.services.log_key import LogKey
from lookup.services.verify_database import verify_database
from lookup.storage import entries
from lookup.storage.database import Database
from lookup.storage.entries import Filter
from lookup.storage.lanes import SYSTEM, Draft, append

_log = logging.getLogger(__name__)


def policy_of(context: WorkerContext) -> Policy:
    """Return the configured policy; without one, the worker's own key is what counts."""
    settings = context.settings
    if settings.policy:
        return parse_policy(settings.policy.encode())
    return Policy((Log(LogKey.from_seed(settings.origin, settings.log_key).public),), hash=settings.log_hash)


def self_check(context: WorkerContext) -> bool:
    """Verify the whole ledger with the anchors that are kept; leave the outcome as an entry and return it."""
    folder = context.settings.anchors
    anchors = [file.read_bytes() for file in sorted(Path(folder).glob("*.txt"))] if folder else []
    report = verify_database(context.database, policy_of(context), anchors=anchors, live=True)
    detail: dict[str, str | int] = {"size": report.size, "findings": report.counts.total()}
    if report.counts:
        detail["first"] = report.findings[0].check
        _log.error("the audit ledger does not verify: %s", report.findings[0].line())
    outcome = "failed" if report.counts else "succeeded"
    with context.database.write() as conn:
        append(conn, context.pen, Draft("sys.verify", outcome, SYSTEM, detail=detail))
    return not report.counts


def last_check(database: Database) -> float:
    """Return when the ledger was verified last (POSIX seconds), 0 for never."""
    with database.read() as conn:
        found = entries.search(conn, Filter(action="sys.verify"), 1).rows
    return found[0].ts / 1_000_000 if found else 0.0
