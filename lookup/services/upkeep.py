"""What the worker does by the calendar: a daily checkpoint, self-verification, sealing, pruning. Each act is an entry.

In a thread of its own, so that nothing here holds up the sequencer; an act that fails says so and is tried again.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread

from lookup.services.archive import ArchiveError, seal
from lookup.services.contexts import RetentionContext, WorkerContext
from lookup.services.export_checkpoint import export_daily
from lookup.services.leave import leave
from lookup.services.outage import Writing
from lookup.services.prune import prune
from lookup.services.self_check import last_check, policy_of, self_check
from lookup.storage.lanes import SYSTEM, Draft, append

LOOK_S, AGAIN_S, DAY_S = 60.0, 3600.0, 86_400.0
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Act:
    """Something that is `done` every `period` seconds, next when the clock (POSIX seconds) says `due`."""

    name: str
    period: float
    done: Callable[[], object]
    due: float = 0.0


def acts(context: WorkerContext, retention: RetentionContext | None, now: float) -> list[Act]:
    """Return what the settings ask for. The first verification waits until the sequencer has caught up."""
    settings, planned = context.settings, []
    if settings.anchors:
        planned.append(Act("checkpoint", LOOK_S, lambda: export(context)))
    if settings.verify_hours:
        period = settings.verify_hours * 3600.0
        due = max(last_check(context.database) + period, now + LOOK_S)
        planned.append(Act("verification", period, lambda: self_check(context), due))
    if settings.archive and retention is not None:
        planned.append(Act("retention", DAY_S, lambda: retain(context, retention)))
    return planned


def attend(planned: list[Act], now: float) -> None:
    """Do what is due; an act that breaks is tried again after AGAIN_S."""
    for act in planned:
        if act.due > now:
            continue
        try:
            act.done()
            act.due = now + act.period
        except Exception as error:  # the database is away: the sequencer says so, this only waits
            _log.error("upkeep, %s: %s", act.name, type(error).__name__)
            act.due = now + AGAIN_S


def export(context: WorkerContext) -> None:
    """Keep today's checkpoint (Asia/Shanghai) in the folder `anchors`, once; raises OSError after saying so."""
    try:
        kept = export_daily(context.database, Path(context.settings.anchors), datetime.now(UTC))
    except OSError:
        _say(context, "sys.anchor", "failed", {})
        raise
    if kept is not None:
        _say(context, "sys.anchor", "succeeded", {"day": kept.stem})


def retain(context: WorkerContext, retention: RetentionContext, now: int | None = None) -> None:
    """Seal every whole segment, then prune what is older than `keep_days` at `now` (µs); never past a slow witness.

    Raises ArchiveError or OSError, with its entry, when a segment can not be written or does not verify.
    """
    settings, policy = context.settings, policy_of(context)
    try:
        for row in seal(retention, policy, Path(settings.archive)):
            _log.info("sealed %d to %d", row.lo, row.hi)
        prune(retention, policy, settings.keep_days, now)
    except (ArchiveError, OSError):
        _say(retention, "sys.prune", "failed", {"keep_days": settings.keep_days})
        raise


def _say(context: Writing, action: str, outcome: str, detail: dict[str, str | int]) -> None:
    with context.database.write() as conn:
        append(conn, context.pen, Draft(action, outcome, SYSTEM, detail=detail or None))


def start(context: WorkerContext, retention: RetentionContext | None, stop: Event) -> Thread:
    """Attend until `stop`, in a thread of its own that closes the lanes of `retention` at its end."""
    thread = Thread(target=_loop, args=(context, retention, stop), name="upkeep", daemon=True)
    thread.start()
    return thread


def _loop(context: WorkerContext, retention: RetentionContext | None, stop: Event) -> None:
    planned: list[Act] | None = None
    while True:
        try:
            planned = acts(context, retention, time.time()) if planned is None else planned
            attend(planned, time.time())
        except Exception as error:
            _log.error("upkeep can not begin: %s", type(error).__name__)
        if stop.wait(LOOK_S):
            break
    if retention is not None:
        leave(retention)
