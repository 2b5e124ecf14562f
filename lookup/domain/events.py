"""State events (状态事件): what a police system says happened to an incident (警情) or a case (案件).

An event is never edited; a later event corrects it. Values only: validation of what was sent on the wire
is the push surface's work, legality is the rulebook's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """What sort of statement an event makes."""

    TRANSITION = "transition"  # the incident or case entered the state `to`
    CORRECTION = "correction"  # 更正: `replaces` was wrong; the other fields say what is right
    RETRACTION = "retraction"  # 撤回: `replaces` never happened
    PAUSE = "pause"  # 中止计时: a clock stops (鉴定, 听证, 调解)
    RESUME = "resume"  # 恢复计时
    EXTENSION = "extension"  # 延长办案期限, once more
    DOCUMENT = "document"  # 文书送达: a document was issued or served
    WITHHOLD = "withhold"  # 不在网上公开, with a reason code
    RELEASE = "release"  # withholding ends
    MARK = "mark"  # a flag of the incident or case: confidential, under_reconsideration …


AMENDING = (Kind.CORRECTION, Kind.RETRACTION)
"""What speaks of another event, and tells no step of its own."""


class CaseKind(StrEnum):
    """Kind of a case: administrative (行政) or criminal (刑事)."""

    ADMINISTRATIVE = "administrative"
    CRIMINAL = "criminal"


@dataclass(frozen=True, slots=True)
class Document:
    """A document (文书) named by its rulebook code, its printed number and the moment it was served (送达)."""

    code: str
    number: str | None = None
    served_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One statement of one source. `(source, id)` is its identity; times are aware (Asia/Shanghai or any offset).

    `at` is when it happened, `entered_at` when it was typed into the source system. `to` and `from_` are state
    codes of the rulebook (J10 …, A10 …, C10 …). `case` is None for statements about the incident itself.
    `replaces` names the event a correction or retraction is about, as (source, id). `target` is the other
    incident of a merge (J95) or the receiving unit of a transfer (J97, X60). `sequence` counts per source.
    `persons` are the roles of those whom a correction names anew; who they are no event says.
    """

    source: str
    id: str
    kind: Kind
    incident: str
    at: datetime
    entered_at: datetime
    unit: str
    case: str | None = None
    case_kind: CaseKind | None = None
    to: str | None = None
    from_: str | None = None
    reason: str | None = None
    document: Document | None = None
    replaces: tuple[str, str] | None = None
    approver: str | None = None
    target: str | None = None
    sequence: int | None = None
    attributes: dict[str, str] = field(default_factory=dict)
    persons: tuple[str, ...] = ()
