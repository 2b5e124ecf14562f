"""From one JSON value that a known client has signed to an arrival: always one, whatever is wrong with it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import TypeAdapter, ValidationError

from lookup.domain.faults import MESSAGES
from lookup.services.arrivals import Arrival, Client, Fault
from lookup.web.push import body
from lookup.web.push.faults import fault, from_validation
from lookup.web.push.wire import TYPE_PREFIX, EventIn, Id, SequenceNumber, is_incident_number

CLOCK_SKEW = timedelta(seconds=300)
_ID: TypeAdapter[str] = TypeAdapter(Id)
_NUMBER: TypeAdapter[str] = TypeAdapter(SequenceNumber)
_NO_EVENT = Fault(
    "",
    "wire.type",
    {
        "zh-Hans": "单个事件须是一个 JSON 对象。数组请用 application/cloudevents-batch+json 发送。",
        "en": "A single event is a JSON object. Send an array as application/cloudevents-batch+json.",
    },
)


@dataclass(frozen=True, slots=True)
class Read:
    """What a JSON value was read as: the arrival, and every fault found (the arrival carries the first)."""

    arrival: Arrival
    faults: tuple[Fault, ...] = ()


def read_event(client: Client, pattern: str, value: Any, *, alone: bool = False) -> Read:
    """Read one JSON value as an event of `client`; `pattern` is this deployment's incident number.

    `alone`: it is the whole body, not an element of a batch.
    """
    raw = body.canonical(value)
    if not isinstance(value, dict):
        return _faulty(client, None, raw, [_NO_EVENT if alone else fault("", "batch.element")])
    try:
        event = EventIn.model_validate(value)
    except ValidationError as error:
        return _faulty(client, value, raw, from_validation(error, EventIn))
    faults = _beyond(client, pattern, event)
    if faults:
        return _faulty(client, value, raw, faults)
    persons = tuple(person.value() for person in event.data.persons)
    return Read(Arrival(event.source, event.id, raw, event.event(), persons, supersedes=event.supersedes))


def read_line(client: Client, pattern: str, line: bytes) -> Read:
    """Read one line of NDJSON by itself, so that a broken one harms no other."""
    try:
        return read_event(client, pattern, body.parse(line))
    except body.NotJson as broken:
        return unreadable(client, line, broken.rule)


def reader(pattern: str) -> Callable[[Client, bytes], Arrival]:
    """Return what reads kept bytes again, as an event of their client."""
    return lambda client, kept: read_line(client, pattern, kept).arrival


def unreadable(client: Client, raw: bytes, rule: str) -> Read:
    """Return the arrival of bytes that are no JSON; kept as they came."""
    return _faulty(client, None, raw, [fault("", rule)])


def _beyond(client: Client, pattern: str, event: EventIn) -> list[Fault]:
    """Return what is wrong although the form is right: another's source, unit or kind, a number, the clock."""
    faults = []
    if event.source != client.source:
        faults.append(fault("/source", "scope.source"))
    if client.kinds and event.type.removeprefix(TYPE_PREFIX) not in client.kinds:
        faults.append(fault("/type", "scope.kind"))
    if not client.speaks_for(event.data.unit):
        faults.append(fault("/data/unit", "scope.unit"))
    number = is_incident_number(event.subject, pattern)
    if number is not None:
        chinese, english = MESSAGES[number.field, number.code]
        rule = f"number.{number.field}.{number.code}"
        faults.append(Fault("/subject", rule, {"zh-Hans": chinese, "en": english}))
    return faults + _ahead(event)


def _ahead(event: EventIn) -> list[Fault]:
    """Return which of an event's times lie further in the future than clocks may differ."""
    latest = datetime.now(UTC) + CLOCK_SKEW
    paper = event.data.document
    times = {
        "/data/entered_at": event.data.entered_at,
        "/time": event.time,
        "/data/document/served_at": paper.served_at if paper else None,
    }
    return [fault(where, "time.future") for where, at in times.items() if at is not None and at > latest]


def _faulty(client: Client, value: dict[str, Any] | None, raw: bytes, faults: list[Fault]) -> Read:
    """Keep it under the client's own source, so that no client can touch the events of another."""
    own = value is not None and value.get("source") == client.source
    known = value if own and value is not None else {}
    named = _usable(_ID, known.get("id")) or "sha256:" + hashlib.sha256(raw).hexdigest()
    number = _usable(_NUMBER, known.get("sequence"))
    arrival = Arrival(client.source, named, raw, None, (), faults[0], int(number) if number else None)
    return Read(arrival, tuple(faults))


def _usable(kind: TypeAdapter[str], value: object) -> str | None:
    try:
        return kind.validate_python(value, strict=True)
    except ValidationError:
        return None
