"""What a supervisor may read of a refused event: codes and times of the right form, never a person or free text."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lookup.domain.calendar import local

_CODES = {
    "type": r"lookup\.[a-z]{3,20}",
    "time": r"[0-9T:.+Z-]{20,40}",
    "unit": r"[0-9]{12}",
    "to": r"[A-Z][0-9]{2}",
    "from": r"[A-Z][0-9]{2}",
    "entered_at": r"[0-9T:.+Z-]{20,40}",
}


def readable(body: bytes | None, incident_pattern: str) -> dict[str, str]:
    """Return the members of a kept body that look like what they should be; nothing of one that is no event.

    `subject` is the incident number (接警编号), only in this deployment's form. Times are RFC 3339.
    """
    try:
        value = json.loads(body or b"")
        data = value.get("data") or {}
        found = {"type": value.get("type"), "time": value.get("time"), "subject": value.get("subject")}
        found |= {name: data.get(name) for name in ("unit", "to", "from", "entered_at")}
    except (ValueError, AttributeError, RecursionError):
        return {}
    return {name: text for name, text in found.items() if _fits(name, text, incident_pattern)}


def _fits(name: str, value: Any, incident_pattern: str) -> bool:
    pattern = incident_pattern if name == "subject" else _CODES[name]
    if not isinstance(value, str) or not re.fullmatch(pattern, value, re.ASCII):
        return False
    return name not in ("time", "entered_at") or _moment(value)


def _moment(text: str) -> bool:
    try:
        at = datetime.fromisoformat(text)
        return at.tzinfo is not None and 1990 <= at.year < 2200
    except ValueError:
        return False


def moments(found: Mapping[str, str]) -> dict[str, datetime]:
    """Return the times among what `readable` returned, in Asia/Shanghai."""
    return {
        name: local(datetime.fromisoformat(found[name])) for name in ("time", "entered_at") if name in found
    }
