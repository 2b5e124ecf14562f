"""The stored form of an event: compact JSON without any person, exact both ways."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from lookup.domain.events import CaseKind, Document, Event, Kind

_PLAIN = ("case", "to", "from_", "reason", "approver", "target", "sequence")


def dump(event: Event) -> str:
    """Return `event` as JSON text; empty fields are left out."""
    data: dict[str, Any] = {
        "source": event.source,
        "id": event.id,
        "kind": event.kind.value,
        "incident": event.incident,
        "at": event.at.isoformat(),
        "entered_at": event.entered_at.isoformat(),
        "unit": event.unit,
    }
    data |= {name: value for name in _PLAIN if (value := getattr(event, name)) is not None}
    if event.case_kind is not None:
        data["case_kind"] = event.case_kind.value
    if event.document is not None:
        served = event.document.served_at
        data["document"] = [
            event.document.code,
            event.document.number,
            served.isoformat() if served else None,
        ]
    if event.replaces is not None:
        data["replaces"] = list(event.replaces)
    if event.attributes:
        data["attributes"] = event.attributes
    if event.persons:
        data["persons"] = list(event.persons)
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def load(text: str) -> Event:
    """Return the event that `dump` wrote; another text is a broken contract (KeyError, ValueError)."""
    data = json.loads(text)
    document, replaces, case_kind = data.get("document"), data.get("replaces"), data.get("case_kind")
    return Event(
        data["source"],
        data["id"],
        Kind(data["kind"]),
        data["incident"],
        datetime.fromisoformat(data["at"]),
        datetime.fromisoformat(data["entered_at"]),
        data["unit"],
        case_kind=CaseKind(case_kind) if case_kind else None,
        document=_document(document) if document else None,
        replaces=(replaces[0], replaces[1]) if replaces else None,
        attributes=data.get("attributes", {}),
        persons=tuple(data.get("persons", ())),
        **{name: data[name] for name in _PLAIN if name in data},
    )


def _document(parts: list[str | None]) -> Document:
    code, number, served = parts
    return Document(code or "", number, datetime.fromisoformat(served) if served else None)
