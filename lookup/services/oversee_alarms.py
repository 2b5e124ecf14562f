"""The alarms of the audit ledger for an audit administrator, and answering for one. Every look is an entry first."""

from __future__ import annotations

from dataclasses import dataclass

from lookup.domain.faults import Fault
from lookup.services.alarms import Standing, acknowledge, standing, vanished
from lookup.services.contexts import ConsoleContext
from lookup.services.staff_looks import draft
from lookup.services.staff_session import Staff
from lookup.services.tell_actors import Who
from lookup.storage import actors
from lookup.storage.lanes import append


@dataclass(frozen=True, slots=True)
class Board:
    """Every alarm, newest first; lane and place of each that lost its row; who answered, by actor token."""

    alarms: tuple[Standing, ...]
    vanished: tuple[tuple[int, str], ...]
    people: dict[bytes, Who]

    def by(self, alarm: Standing) -> Who:
        """Say who answered for an alarm: a staff account, or somebody at the command line."""
        return self.people.get(alarm.answer.actor if alarm.answer else b"", Who("operator"))


def list_alarms(context: ConsoleContext, who: Staff, address: str) -> Board:
    """Return the alarms as they stand now; the entry of this look is durable before it returns."""
    with context.database.read() as conn:
        found = tuple(reversed(standing(conn)))
        names = actors.staff_names(conn, {each.answer.actor for each in found if each.answer})
        board = Board(found, tuple(vanished(conn)), {id_: Who("staff", name) for id_, name in names.items()})
    with context.database.write() as conn:
        look = draft(conn, who, "console.view", "released", address, None, {"page": "alarms"})
        append(conn, context.pen, look)
    return board


def answer_alarm(
    context: ConsoleContext, who: Staff, lane: int, reason: str, decision: str, seen: int
) -> str | tuple[Fault, ...]:
    """Answer for an alarm as the account that is signed in, for the `seen` entries it was shown; see `acknowledge`."""
    return acknowledge(context, who.id, lane, reason, decision, seen)
