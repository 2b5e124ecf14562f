"""The wire form of a state event: CloudEvents 1.0 as structured JSON. Form only; legality is the rulebook's.

No member takes free text: what is written here is shown to citizens in the rulebook's words. Unknown members are
refused, so that a misspelt one is never silently dropped.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    Field,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from lookup.domain import numbers
from lookup.domain.events import CaseKind, Document, Event, Kind
from lookup.domain.faults import Fault
from lookup.services.arrivals import Person
from lookup.web.push.strict import Strict

TYPE_PREFIX = "lookup."


def _read(kind: str, value: str | numbers.DocumentNumber | Fault) -> str:
    """Hand a number in normal form on; a fault becomes a validation error that carries its code, never the text."""
    if isinstance(value, Fault):
        raise PydanticCustomError("number", "not a number of its kind", {"field": kind, "code": value.code})
    return str(value)


def _strict(kind: str, sent: str, value: str | Fault) -> str:
    if _read(kind, value) != sent:
        raise PydanticCustomError("normal_form", "not in normal form", {"field": kind})
    return sent


def _unit(text: str) -> str:
    return _strict("unit_code", text, numbers.unit_code(text))


def _case(text: str) -> str:
    return _strict("case_number", text, numbers.case_number(text))


def _paper(text: str) -> str:
    return _read("document_number", numbers.document_number(text))


def _phone(text: str) -> str:
    return _read("phone", numbers.phone(text))


def _citizen_id(text: str) -> str:
    return _read("citizen_id", numbers.citizen_id(text))


def _name(text: str) -> str:
    return _read("name", numbers.name_key(text))


EARLIEST, LATEST = datetime.fromisoformat("1990-01-01T00:00Z"), datetime.fromisoformat("2200-01-01T00:00Z")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})", re.ASCII
)


def _written(value: object) -> object:
    """Let only RFC 3339 text through; the library alone would take numbers too."""
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        return value
    raise PydanticCustomError("moment", "not an RFC 3339 date-time with offset")


def _sensible(value: datetime) -> datetime:
    if EARLIEST <= value < LATEST:
        return value
    raise PydanticCustomError("moment_range", "outside the years this service knows")


Moment = Annotated[
    AwareDatetime,
    BeforeValidator(_written),
    AfterValidator(_sensible),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,63}$")]
Channel = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
State = Annotated[str, StringConstraints(pattern=r"^[A-Z][0-9]{2}$")]
Staff = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,32}$")]
Id = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,128}$")]
Source = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9+.-]*:[!-~]{1,180}$")]
Target = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{6,32}$")]
UnitCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{12}$"), AfterValidator(_unit)]
CaseNumber = Annotated[str, StringConstraints(pattern=r"^A[0-9]{22}$"), AfterValidator(_case)]
PaperNumber = Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(_paper)]
SequenceNumber = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,18}$")]
Short = StringConstraints(min_length=1, max_length=40)


class DocumentIn(Strict):
    """A document (文书) that was issued or served."""

    code: Code = Field(description="Code of the rulebook (文书), for example REPORT_RECEIPT.")
    number: PaperNumber | None = Field(
        None,
        description="文书号, for example 云公(治)受案字〔2026〕123号; round the year any brackets or none.",
    )
    served_at: Moment | None = Field(None, description="When it was served (送达).")


class ReplacesIn(Strict):
    """The event that a correction or retraction is about."""

    source: Source
    id: Id


class PersonIn(Strict):
    """Somebody concerned; stored only as keyed digests. `id_number` counts with `name`, of a victim or complainant."""

    role: Literal["reporter", "victim", "complainant"]
    phone: Annotated[str, Short, AfterValidator(_phone)] | None = Field(
        None, description="Mobile, or landline with area code; its last four digits open the report."
    )
    id_number: Annotated[str, Short, AfterValidator(_citizen_id)] | None = Field(
        None, description="Citizen ID (公民身份号码), 18 characters."
    )
    name: Annotated[str, StringConstraints(min_length=1, max_length=60), AfterValidator(_name)] | None = None

    def value(self) -> Person:
        """Return it as the services take it."""
        return Person(self.role, self.phone, self.id_number, self.name)


class AttributesIn(Strict):
    """The few facts about an incident that the law asks for, as codes of the rulebook."""

    channel: Channel | None = Field(None, description="How it was reported: 110, walk_in …")
    category: Code | None = Field(None, description="Category of the incident: case …")
    law: Code | None = Field(None, description="Law that applies: public_order …")


class DataIn(Strict):
    """What happened. `to` and `from` are state codes of the rulebook in force on the day of `time`."""

    unit: UnitCode = Field(description="Unit (12-digit code, GA/T 380) that is responsible for what is said.")
    entered_at: Moment = Field(description="When this was typed into the source system (录入时间).")
    to: State | None = Field(None, description="State entered, for example J20.")
    from_: State | None = Field(None, alias="from", description="State left; when absent, the current one.")
    case: CaseNumber | None = Field(
        None, description="案件编号: A, unit code, yyyyMM, 4 digits; absent: about the incident."
    )
    case_kind: Literal["administrative", "criminal"] | None = None
    document: DocumentIn | None = None
    reason: Code | None = Field(
        None, description="A code, of the rulebook where it lists some; never a sentence."
    )
    replaces: ReplacesIn | None = None
    approver: Staff | None = Field(None, description="Staff number of who approved; never a name.")
    target: Target | None = Field(
        None, description="First incident of a merge, receiving unit of a transfer, or main case (X60)."
    )
    attributes: AttributesIn | None = None
    persons: Annotated[list[PersonIn], Field(max_length=20)] = Field(
        [],
        description="Of a correction: who is right; whoever was told before in these roles no longer counts. Of a "
        "retraction: not looked at.",
    )


class EventIn(Strict):
    """One state event (状态事件), CloudEvents 1.0. `(source, id)` is its identity for ever."""

    specversion: Literal["1.0"]
    id: Id = Field(description="Unique within the source; the same id with other content is a conflict.")
    source: Source = Field(description="The source URI this client is registered with.")
    type: Literal[
        "lookup.transition",
        "lookup.correction",
        "lookup.retraction",
        "lookup.pause",
        "lookup.resume",
        "lookup.extension",
        "lookup.document",
        "lookup.withhold",
        "lookup.release",
        "lookup.mark",
    ]
    subject: Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{6,32}$")] = Field(
        description="Incident number (接警编号); of a correction or retraction that of the wrong event."
    )
    time: Moment = Field(
        description="When it happened; in a correction what is right for the wrong event, not when it was corrected."
    )
    sequence: SequenceNumber | None = Field(
        None, description="CloudEvents sequence extension: counts this source's events; decimal digits."
    )
    supersedes: Id | None = Field(
        None,
        description="Extension: id of a refused event of this source that this one mends under a new id.",
    )
    datacontenttype: Literal["application/json"] | None = None
    dataschema: Source | None = None
    data: DataIn

    def event(self) -> Event:
        """Return it as the domain takes it."""
        data = self.data
        paper, replaces = data.document, data.replaces
        return Event(
            source=self.source,
            id=self.id,
            kind=Kind(self.type.removeprefix(TYPE_PREFIX)),
            incident=self.subject,
            at=self.time,
            entered_at=data.entered_at,
            unit=data.unit,
            case=data.case,
            case_kind=CaseKind(data.case_kind) if data.case_kind else None,
            to=data.to,
            from_=data.from_,
            reason=data.reason,
            document=Document(paper.code, paper.number, paper.served_at) if paper else None,
            replaces=(replaces.source, replaces.id) if replaces else None,
            approver=data.approver,
            target=data.target,
            sequence=int(self.sequence) if self.sequence else None,
            attributes=data.attributes.model_dump(exclude_none=True) if data.attributes else {},
            persons=self._named_anew(),
        )

    def _named_anew(self) -> tuple[str, ...]:
        corrects = self.type == TYPE_PREFIX + Kind.CORRECTION
        return tuple(sorted({person.role for person in self.data.persons})) if corrects else ()


def is_incident_number(text: str, pattern: str) -> Fault | None:
    """Return what is wrong with an incident number by this deployment's pattern, or None."""
    number = numbers.incident_number(text, numbers.incident_shape(pattern))
    if isinstance(number, Fault):
        return number
    return None if number == text else Fault("incident_number", "shape")
