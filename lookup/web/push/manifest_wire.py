"""The wire form of a list of a day, and of the questions about one; form only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints, ValidationError, WithJsonSchema
from pydantic_core import PydanticCustomError

from lookup.domain.calendar import SHANGHAI
from lookup.domain.faults import MESSAGES
from lookup.domain.naming import holds_number
from lookup.services.accept_manifest import Part
from lookup.services.arrivals import Client, Fault
from lookup.web.push.faults import MAX_FAULTS, fault, from_validation
from lookup.web.push.strict import Strict
from lookup.web.push.wire import EARLIEST, LATEST, UnitCode, is_incident_number

MAX_PARTS, MAX_NUMBERS, MAX_DAYS = 100, 10_000, 31
NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_UNASKED = {"zh-Hans": "缺少必填的查询参数。", "en": "A required query parameter is missing."}


def _day(text: str) -> str:
    try:
        if _DAY.fullmatch(text) and EARLIEST.date() <= date.fromisoformat(text) < LATEST.date():
            return text
    except ValueError:
        pass
    raise PydanticCustomError("day", "not a day that this service knows")


Day = Annotated[
    str,
    AfterValidator(_day),
    WithJsonSchema({"type": "string", "format": "date"}),
]
Count = Annotated[int, Field(strict=True, ge=0, le=MAX_PARTS * MAX_NUMBERS)]
Place = Annotated[int, Field(strict=True, ge=1, le=MAX_PARTS)]
Number = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{6,32}$")]


class ManifestIn(Strict):
    """One part of a list of a day (日清单). Everything but `part` and `numbers` is the same in all parts."""

    manifest: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,64}$")] = Field(
        description="The source's id of this list, for ever; it holds no incident number, and no eleven digits in a "
        "row but `unit` and a moment, yyyyMMddHHmmss."
    )
    day: Day = Field(description="Day in Asia/Shanghai on which the incidents were reported.")
    unit: UnitCode | None = Field(
        None, description="Only incidents of this unit and those below it; absent: all of the source."
    )
    part: Place = Field(1, description="Which part this is.")
    parts: Place = Field(1, description="In how many parts the list comes.")
    count: Count = Field(description="How many numbers the whole list holds.")
    hash: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] = Field(
        description="SHA-256 of the whole list: numbers in ascending order of bytes, each followed by a line feed."
    )
    numbers: Annotated[list[Number], Field(max_length=MAX_NUMBERS)] = Field(
        description="Incident numbers (接警编号) of this part."
    )

    def value(self) -> Part:
        """Return it as the services take it."""
        day, numbers = date.fromisoformat(self.day), tuple(self.numbers)
        return Part(
            self.manifest, day, self.unit or "", self.part, self.parts, self.count, self.hash, numbers
        )


def read_manifest(client: Client, pattern: str, value: Any) -> Part | list[Fault]:
    """Read one JSON value as a part of a list of `client`, or say all that is wrong with it."""
    if not isinstance(value, dict):
        return [fault("", "wire.type")]
    try:
        sent = ManifestIn.model_validate(value)
    except ValidationError as error:
        return from_validation(error, ManifestIn)
    return _beyond(client, pattern, sent)[:MAX_FAULTS] or sent.value()


def _beyond(client: Client, pattern: str, sent: ManifestIn) -> list[Fault]:
    faults = []
    if holds_number(sent.manifest, pattern, sent.unit or ""):
        faults.append(fault("/manifest", "manifest.id"))
    if sent.unit is not None and not client.speaks_for(sent.unit):
        faults.append(fault("/unit", "scope.unit"))
    if date.fromisoformat(sent.day) > _today():
        faults.append(fault("/day", "manifest.future"))
    if sent.part > sent.parts:
        faults.append(fault("/part", "manifest.part_number"))
    return faults + _wrong_numbers(pattern, sent.numbers)


def _wrong_numbers(pattern: str, numbers: list[str]) -> list[Fault]:
    faults = []
    for index, number in enumerate(numbers):
        wrong = is_incident_number(number, pattern)
        if wrong is not None:
            chinese, english = MESSAGES[wrong.field, wrong.code]
            rule = f"number.{wrong.field}.{wrong.code}"
            faults.append(Fault(f"/numbers/{index}", rule, {"zh-Hans": chinese, "en": english}))
    return faults


def _today() -> date:
    return datetime.now(UTC).astimezone(SHANGHAI).date()


@dataclass(frozen=True, slots=True)
class Span:
    """The days and the unit ("" for all) that are asked about."""

    first: date
    last: date
    unit: str


class _SpanIn(Strict):
    day: Day
    until: Day | None = None
    unit: UnitCode | None = None


def read_span(client: Client, asked: Mapping[str, str]) -> Span | list[Fault]:
    """Read the query of a digest, or say what is wrong; pointers name the parameters."""
    try:
        sent = _SpanIn.model_validate(dict(asked))
    except ValidationError as error:
        found = from_validation(error, _SpanIn)
        return [replace(each, text=_UNASKED) if each.rule == "wire.missing" else each for each in found]
    first = date.fromisoformat(sent.day)
    last = date.fromisoformat(sent.until or sent.day)
    faults = []
    if not first <= last < first + timedelta(days=MAX_DAYS):
        faults.append(fault("/until", "digest.range"))
    if sent.unit is not None and not client.speaks_for(sent.unit):
        faults.append(fault("/unit", "scope.unit"))
    return faults or Span(first, last, sent.unit or "")
