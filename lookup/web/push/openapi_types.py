"""What each type of event needs beside what every event has, as the OpenAPI document says it; rulebooks judge it."""

from __future__ import annotations

from typing import Final

from lookup.domain.events import Kind
from lookup.web.push.openapi_parts import Json
from lookup.web.push.wire import TYPE_PREFIX

NEEDS: Final[dict[Kind, tuple[str, ...]]] = {
    Kind.TRANSITION: ("to",),
    Kind.CORRECTION: ("replaces", "reason", "approver"),
    Kind.RETRACTION: ("replaces", "reason", "approver"),
    Kind.PAUSE: ("case", "reason"),
    Kind.RESUME: ("case",),
    Kind.EXTENSION: ("case", "approver"),
    Kind.DOCUMENT: ("document",),
    Kind.WITHHOLD: ("reason",),
    Kind.RELEASE: ("approver",),
    Kind.MARK: ("reason",),
}
"""Members of `data` without which an event of this type is refused, whatever its rulebook."""

_OBJECTS: Final = ("document", "replaces")
_TEXT: Final = (
    "What the event says. Needed in `data` by type: "
    + "; ".join(f"{kind}: {', '.join(needed)}" for kind, needed in NEEDS.items())
    + ". A transition also needs `case` with every state that does not begin with J, and `reason` or `target` where "
    "the rulebook's table of steps (允许的步骤) asks for it."
)


def say_needs(event: Json) -> None:
    """Add to the schema of an event what each type needs: in words, and as conditions for validators."""
    event["properties"]["type"]["description"] = _TEXT
    event["allOf"] = [_when(kind, needed) for kind, needed in NEEDS.items()]


def _when(kind: Kind, needed: tuple[str, ...]) -> Json:
    filled = {name: {"type": "object" if name in _OBJECTS else "string"} for name in needed}
    return {
        "if": {"properties": {"type": {"const": TYPE_PREFIX + kind}}, "required": ["type"]},
        "then": {"properties": {"data": {"required": list(needed), "properties": filled}}},
    }
