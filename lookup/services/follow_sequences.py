"""Following each source's sequence numbers. Pushing costs nothing: the numbers are read from what it stores anyway.

The worker folds what is new into the stored track; a reader continues from there to this moment in memory.
"""

from __future__ import annotations

from dataclasses import dataclass

from lookup.domain.sequence import Gap, Track, advance, older
from lookup.services.contexts import WorkerContext
from lookup.storage import clients, sequences
from lookup.storage.database import Transaction

PORTION = 10_000
MOST_GAPS = 10_000
"""A source with more gaps does not count its events; following stops there until some are filled."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A source's sequence now: lowest and highest number that came, and the gaps past their grace time.

    `missing` counts the numbers in `gaps`, `settling` those missing for a shorter time. `stopped`: there are so many
    gaps that numbers beyond `last` are not looked at.
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
    track = sequences.track_of(conn, source)
    while (after := _further(conn, source, track)) != track:
        track = after
    if track is None:
        return None
    gaps = older(track, before)
    missing = sum(gap.count for gap in gaps)
    return Standing(
        track.first, track.last, gaps, missing, track.missing - missing, len(track.gaps) >= MOST_GAPS
    )


def fold(context: WorkerContext) -> None:
    """Bring the stored track of every source up to date, in portions that are kept one by one."""
    with context.database.read() as conn:
        sources = [row.source for row in clients.every(conn)]
    for source in sources:
        while _fold_some(context, source):
            pass


def _fold_some(context: WorkerContext, source: str) -> bool:
    """Fold one portion; says whether there may be more."""
    with context.database.read() as conn:
        before = sequences.track_of(conn, source)
        after = _further(conn, source, before)
    if after is None or after == before:
        return False
    with context.database.write() as conn:
        sequences.store(conn, source, before, after)
    return True


def _further(conn: Transaction, source: str, track: Track | None) -> Track | None:
    """Return the track after what came into its gaps, and a portion of what came below and above it."""
    if track is None:
        return advance(None, sequences.above(conn, source, -1, PORTION))
    late = sequences.inside(conn, source, track.gaps) if track.gaps else []
    late += sequences.below(conn, source, track.first, PORTION)
    if len(track.gaps) < MOST_GAPS:
        late += sequences.above(conn, source, track.last, PORTION)
    return advance(track, late)
