"""Reading the golden cases: tables of dated events a lawyer can write, and what must follow from them."""

from __future__ import annotations

import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any

from lookup.domain.calendar import SHANGHAI
from lookup.domain.events import Document, Event, Kind

FOLDER = Path(__file__).parent.parent / "domain" / "golden"
INCIDENT = "36990226030214050001"
UNIT = "369902510000"
_KINDS = {
    "mark": Kind.MARK, "pause": Kind.PAUSE, "resume": Kind.RESUME, "withhold": Kind.WITHHOLD,
    "release": Kind.RELEASE, "extension": Kind.EXTENSION, "served": Kind.DOCUMENT, "correct": Kind.CORRECTION,
    "retract": Kind.RETRACTION,
}  # fmt: skip
_ATTRIBUTES = ("channel", "category", "law", "narrative")


def cases() -> list[dict[str, Any]]:
    """All golden cases of all tables."""
    found: list[dict[str, Any]] = []
    for path in sorted(FOLDER.glob("*.toml")):
        found += tomllib.loads(path.read_text(encoding="utf-8"))["case"]
    return found


def moment(text: str) -> datetime:
    """A time of the tables, in Asia/Shanghai."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def events(lines: list[str]) -> list[Event]:
    """The events of one case; the number of the line is the event's id."""
    return [_event(str(number), line) for number, line in enumerate(lines, start=1)]


def _event(number: str, line: str) -> Event:
    day, clock, what, *rest = line.split()
    options = dict(item.split("=", 1) for item in rest)
    verb, _, subject = what.partition(":")
    kind = _KINDS.get(verb, Kind.TRANSITION)
    to = options.get("to") if kind is not Kind.TRANSITION else what
    at = moment(f"{day} {clock}")
    paper = options.get("doc") or (subject if kind is Kind.DOCUMENT else None)
    amending = kind in (Kind.CORRECTION, Kind.RETRACTION)
    return Event(
        source="case-system", id=options.get("id", number), kind=kind, incident=INCIDENT, at=at,
        entered_at=moment(options["entered"]) if "entered" in options else at, unit=options.get("unit", UNIT),
        case=options.get("case", "1" if kind is Kind.TRANSITION and what[0] in "AC" else None), to=to,
        from_=options.get("from"),
        reason=options.get("reason") or (subject if kind is not Kind.DOCUMENT and not amending and subject else None),
        document=Document(paper, options.get("number"), at if kind is Kind.DOCUMENT else None) if paper else None,
        replaces=("case-system", subject) if amending else None, approver="审批人" if amending else None,
        target=options.get("target"), attributes={name: options[name] for name in _ATTRIBUTES if name in options},
    )  # fmt: skip
