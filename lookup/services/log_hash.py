"""The log says in each `sys.boot` what it hashes with; a worker that was set to something else is refused."""

from __future__ import annotations

from lookup.ledger.entry import read_detail
from lookup.ledger.policy import parse_policy
from lookup.ledger.provider import name_of
from lookup.settings import WorkerSettings
from lookup.storage import entries
from lookup.storage.database import Transaction, digest_of
from lookup.storage.entries import Filter


def hash_fault(conn: Transaction, settings: WorkerSettings) -> str | None:
    """Return why this log can not be continued with the hash that is set, None when it can."""
    asked = name_of(digest_of(conn))
    found = entries.search(conn, Filter(action="sys.boot"), 1).rows
    living = read_detail(found[0].detail).get("hash", "sha256") if found else asked
    if living != asked:
        return f"the log was created with {living} and LOOKUP_LOG_HASH says {asked}; a living log never changes it"
    policy = parse_policy(settings.policy.encode()) if settings.policy else None
    if policy is not None and policy.hash != asked:
        return f"LOOKUP_POLICY says that the log hashes with {policy.hash} and LOOKUP_LOG_HASH says {asked}"
    return None
