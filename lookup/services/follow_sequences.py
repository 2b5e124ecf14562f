"""Following each source's sequence numbers. Pushing costs nothing: the numbers are read from what it stores anyway.

The worker folds what is new into the stored track; a reader continues from there to this moment in memory.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Thread

from lookup.domain.sequence import Gap, Track, advance, older, without
from lookup.services.contexts import WorkerContext
from lookup.storage import clients, sequences, unused
from lookup.storage.database import Transaction

PERIOD_S = 60.0
PORTION = 10_000
READ_AHEAD = 30
"""How many portions a reader goes beyond the stored track: much more than comes between two folds."""

MOST_GAPS = 10_000
"""A source with more gaps does not count its events; following stops there until some are filled."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Standing:
    """A source's sequence now: lowest and highest number that came, and the gaps past their grace time.

    `missing` counts the numbers in `gaps`, `settling` those missing for a shorter time. `stopped`: numbers beyond
    `last` are not looked at yet, because there are too many gaps or the worker has not come so far.
    """

    first: int
    last: int
    gaps: tuple[Gap, ...]
    missing: int
    settling: int
    stopped: bool


def standing(conn: Transaction, source: str, before: int) -> Standing | None:
    """Return how a source's sequence stands; gaps known before `before` (µs) are past their grace time.

    None when it never sent a number.
    """
    track, behind = track_now(conn, source)
    if track is None:
        return None
    gaps = older(track, before)
    missing = sum(gap.count for gap in gaps)
    stopped = behind or len(track.gaps) >= MOST_GAPS
    return Standing(track.first, track.last, gaps, missing, track.missing - missing, stopped)


def track_now(conn: Transaction, source: str) -> tuple[Track | None, bool]:
    """Return a source's track continued from the stored one, and whether there is more than a reader looks at."""
    track, behind = _fill(conn, source, sequences.track_of(conn, source)), True
    for _ in range(READ_AHEAD):
        after = _extend(conn, source, track)
        track, behind = after, after != track
        if not behind:
            break
    return track, behind


def fold(context: WorkerContext, stopped: Callable[[], bool] = lambda: False) -> None:
    """Bring the stored track of every source up to date, in portions that are kept one by one."""
    with context.database.read() as conn:
        sources = [row.source for row in clients.every(conn)]
    for source in sources:
        _keep(context, source, _fill)
        while not stopped() and _keep(context, source, _extend):
            pass


def start(context: WorkerContext, stop: Event) -> Thread:
    """Fold every PERIOD_S, in a thread of its own: sequencing the ledger must not wait for it."""
    thread = Thread(target=_loop, args=(context, stop), name="follow-sequences", daemon=True)
    thread.start()
    return thread


def _loop(context: WorkerContext, stop: Event) -> None:
    while not stop.wait(PERIOD_S):
        try:
            fold(context, stop.is_set)
        except Exception as error:  # the database is away; readers continue from what is stored
            _log.error("the sequences could not be followed: %s", type(error).__name__)


_Step = Callable[[Transaction, str, Track | None], Track | None]


def _keep(context: WorkerContext, source: str, step: _Step) -> bool:
    """Store the track after one step; says whether it has changed."""
    with context.database.read() as conn:
        before = sequences.track_of(conn, source)
        after = step(conn, source, before)
    if after is None or after == before:
        return False
    with context.database.write() as conn:
        sequences.store(conn, source, before, after)
    return True


def _fill(conn: Transaction, source: str, track: Track | None) -> Track | None:
    """Return the track after what came late: into its gaps, and below its beginning."""
    if track is None:
        return None
    track = advance(track, sequences.inside(conn, source, [(gap.first, gap.last) for gap in track.gaps]))
    while track and (low := sequences.below(conn, source, track.first, PORTION)):
        track = advance(track, low)
    return _declared(conn, source, track)


def _extend(conn: Transaction, source: str, track: Track | None) -> Track | None:
    """Return the track after the next portion of what came above it."""
    if track is not None and len(track.gaps) >= MOST_GAPS:
        return track
    last = track.last if track else -1
    return _declared(conn, source, advance(track, sequences.above(conn, source, last, PORTION)))


def _declared(conn: Transaction, source: str, track: Track | None) -> Track | None:
    """Return the track without what its source has declared unused."""
    if track is None or not track.gaps:
        return track
    return without(track, unused.ranges(conn, source, track.gaps[0].first, track.gaps[-1].last))
