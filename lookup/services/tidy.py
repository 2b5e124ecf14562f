"""Forgetting what has served its time: counters, one-time tokens, nonces, sessions. Floods are summed up first."""

from __future__ import annotations

from lookup.domain.budget import flood_count
from lookup.services.contexts import WorkerContext
from lookup.storage import budgets
from lookup.storage.lanes import SYSTEM, Draft, append, now_us


def tidy(context: WorkerContext) -> int:
    """Sum up finished floods, then delete every expired row; returns how many were deleted."""
    now = now_us()
    with context.database.write() as conn:
        floods = [
            (key, window, flood_count(count)) for key, window, count in budgets.expired_floods(conn, now)
        ]
        drafts = [
            Draft(
                "lookup.flood",
                "limited",
                SYSTEM,
                None,
                key.removeprefix("flood:"),
                {"minute": window, "count": n},
            )
            for key, window, n in floods
            if n
        ]
        if drafts:
            append(conn, context.pen, *drafts)
        return budgets.forget(conn, now)
