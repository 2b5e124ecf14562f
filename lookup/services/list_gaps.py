"""What is missing from the sequences of the sources, for a source itself and for supervisors."""

from __future__ import annotations

from dataclasses import dataclass

from lookup.domain.budget import network_prefix
from lookup.domain.roles import covers
from lookup.services.contexts import ConsoleContext, PushContext
from lookup.services.follow_sequences import Standing, standing
from lookup.services.staff_session import Staff
from lookup.storage import clients
from lookup.storage.lanes import Draft, append, now_us

MINUTE_US = 60_000_000


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One source for a supervisor: who it is, and its sequence; `standing` None: it never sent a number."""

    id: str
    name: str
    units: tuple[str, ...]
    suspended: bool
    standing: Standing | None


def own_gaps(context: PushContext, source: str) -> Standing | None:
    """Return how the sequence of one source stands; None when it never sent a number."""
    with context.database.read() as conn:
        return standing(conn, source, _before(context.settings.gap_minutes))


def list_sources(context: ConsoleContext, who: Staff, address: str) -> tuple[SourceLine, ...]:
    """Return the sources wholly inside the supervisor's jurisdiction, the worst first; the look is an entry."""
    before = _before(context.settings.gap_minutes)
    with context.database.read() as conn:
        lines = [
            SourceLine(row.id, row.name, row.units, row.suspended, standing(conn, row.source, before))
            for row in clients.every(conn)
            if all(covers(who.jurisdiction, unit) for unit in row.units)
        ]
    draft = Draft("console.view", "released", who.id, None, network_prefix(address, 48), {"page": "sources"})
    with context.database.write() as conn:
        append(conn, context.pen, draft)
    return tuple(
        sorted(lines, key=lambda line: (-(line.standing.missing if line.standing else 0), line.name))
    )


def _before(minutes: int) -> int:
    return now_us() - minutes * MINUTE_US
