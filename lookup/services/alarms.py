"""Lanes that alarmed, and answering for one: an entry `sys.acknowledge`. The alarm itself is never edited.

An answer holds for the damage that was looked at: it names how many entries stand behind the alarm, and when there are
more or fewer of them the alarm is open again. It holds while its entry is in the tree and online.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType

from lookup.domain.calendar import SHANGHAI
from lookup.domain.covert import APPROVAL
from lookup.domain.faults import Fault
from lookup.services.contexts import ConsoleContext
from lookup.storage import alarms, sequencing
from lookup.storage.database import Transaction
from lookup.storage.lanes import Draft, append

REASONS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "tampering": (
            "有人改动了数据库，已另案调查",
            "somebody changed the database; the inquiry is on file",
        ),
        "fault": (
            "软件或硬件损坏了数据，原因已经排除",
            "hardware or software damaged it; the cause is mended",
        ),
        "drill": ("有意触发，属于演练", "it was provoked on purpose, as an exercise"),
    }
)
"""Reason to its words in zh-Hans and English; frozen, since entries name them."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`actor` is who answered; `place` names the entry, `waiting` counts what stood behind the alarm."""

    place: str
    at: int
    actor: bytes
    reason: str
    decision: str
    waiting: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A quarantined lane. `expected`: its first bad number; `found`: what stood there; `at` in µs (UTC)."""

    lane: int
    kind: str
    expected: int
    found: int
    at: int
    waiting: int
    answer: Answer | None

    @property
    def is_settled(self) -> bool:
        """Whether somebody answered for exactly what stands there now."""
        return self.answer is not None and self.answer.waiting == self.waiting

    def line(self) -> str:
        """One line for a person: what, where, when, how much, and who answers for it."""
        told = (
            f"lane {self.lane} alarmed ({self.kind}) at {_moment(self.at)}: number {self.expected} expected, "
            f"{self.found} found; entries outside the tree: {self.waiting}"
        )
        if self.answer is None:
            return told
        since = "" if self.is_settled else f", when there were {self.answer.waiting}: look again"
        return (
            f"{told}; acknowledged by entry {self.answer.place} ({self.answer.reason}, "
            f"{self.answer.decision}) at {_moment(self.answer.at)}{since}"
        )


def standing(conn: Transaction) -> list[Standing]:
    """Return every alarm with its newest answer, oldest first."""
    rows = sorted(sequencing.alarms(conn), key=lambda row: (row.ts, row.writer))
    answers = _answers(conn) if rows else {}
    return [Standing(*row, alarms.behind(conn, row.writer), answers.get(row.writer)) for row in rows]


def vanished(conn: Transaction) -> list[tuple[int, str]]:
    """Return lane and place of each alarm that the tree tells and the table of alarms does not."""
    known = {row.writer for row in sequencing.alarms(conn)}
    told = [said for said in alarms.integrated(conn, "sys.gap") if "kind" in said.detail]
    lanes = [(said.detail.get("writer"), f"{said.writer}-{said.seq}") for said in told]
    return [(lane, place) for lane, place in lanes if isinstance(lane, int) and lane not in known]


def is_decision(text: str) -> bool:
    """Whether `text` looks like the number of a decision or file (文号)."""
    return APPROVAL.fullmatch(text) is not None


def unanswered(conn: Transaction) -> int:
    """Return how many alarms nobody answers for as they stand now, those whose row was deleted among them."""
    return sum(not each.is_settled for each in standing(conn)) + len(vanished(conn))


def acknowledge(
    context: ConsoleContext, actor: bytes, lane: int, reason: str, decision: str, seen: int | None = None
) -> str | tuple[Fault, ...]:
    """Answer for what stands behind the alarm of a lane now; returns the entry's place, or why there is none.

    `actor` is who answers (16-byte token), `reason` a key of REASONS, `decision` the number of the file, `seen` how
    many entries stood behind the alarm when it was looked at (None: as many as now). Codes: alarm unknown, changed;
    alarm_reason unknown; decision missing, shape. The entry has no network: entries of the system are never erased.
    It counts once it is in the tree.
    """
    decision = " ".join(decision.split())
    faults = [] if reason in REASONS else [Fault("alarm_reason", "unknown")]
    if not is_decision(decision):
        faults.append(Fault("decision", "shape" if decision else "missing"))
    if faults:
        return tuple(faults)
    with context.database.write() as conn:
        if lane not in {row.writer for row in sequencing.alarms(conn)}:
            return (Fault("alarm", "unknown"),)
        waiting = alarms.behind(conn, lane)
        if seen not in (None, waiting):
            return (Fault("alarm", "changed"),)
        detail: dict[str, str | int] = {"writer": lane, "waiting": waiting}
        detail |= {"reason": reason, "decision": decision}
        draft = Draft("sys.acknowledge", "succeeded", actor, detail=detail)
        return str(append(conn, context.pen, draft)[0])


def _answers(conn: Transaction) -> dict[int, Answer]:
    found: dict[int, Answer] = {}
    for said in alarms.integrated(conn, "sys.acknowledge"):
        lane, waiting = said.detail.get("writer"), said.detail.get("waiting")
        if isinstance(lane, int) and isinstance(waiting, int):
            reason, decision = str(said.detail.get("reason", "")), str(said.detail.get("decision", ""))
            found[lane] = Answer(f"{said.writer}-{said.seq}", said.ts, said.actor, reason, decision, waiting)
    return found


def _moment(us: int) -> str:
    return f"{datetime.fromtimestamp(us / 1_000_000, UTC).astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"
