"""The part of the OpenAPI document that is about refused events."""

from __future__ import annotations

from typing import Final

from lookup.domain.quarantine import REASONS, State
from lookup.web.push.openapi_parts import Json, asked
from lookup.web.push.quarantine import LARGEST, MOST, PAGE

_TEXT: Final[Json] = {"type": "object", "additionalProperties": {"type": "string"}}
_TIME: Final[Json] = {"type": "string", "format": "date-time"}

SCHEMAS: Final[Json] = {
    "Refused": {
        "type": "object",
        "required": [
            *("item", "id", "source", "received_at", "judged_at", "state", "pointer", "rule", "text"),
        ],
        "additionalProperties": False,
        "description": "One refused event; what was sent is never in it.",
        "properties": {
            "item": {"type": "integer", "minimum": 1, "description": "Names it in this interface."},
            "id": {"type": "string", "description": "Id of the event, or sha256:… of a body without one."},
            "source": {"type": "string"},
            "received_at": _TIME,
            "judged_at": _TIME | {"description": "When it was refused last."},
            "state": {"enum": [state.value for state in State]},
            "pointer": {"type": "string", "description": "JSON pointer (RFC 6901) into the event."},
            "rule": {"type": "string"},
            "text": _TEXT,
            "article": _TEXT,
            "settled_by": {"type": "string", "description": "Id of the event that was taken for it."},
            "reason": {"enum": list(REASONS), "description": "Why a supervisor closed it."},
            "ended_at": _TIME,
        },
    },
    "RefusedPage": {
        "type": "object",
        "required": ["items", "next"],
        "additionalProperties": False,
        "properties": {
            "items": {"type": "array", "maxItems": MOST, "items": {"$ref": "#/components/schemas/Refused"}},
            "next": {
                "type": ["string", "null"],
                "description": "What to send as `after` for the next page; null at the end.",
            },
        },
    },
}

_PARAMETERS: Final[list[Json]] = [
    {"name": name, "in": "query", "description": text, "schema": schema}
    for name, text, schema in (
        ("state", "Only items in this state.", {"enum": [state.value for state in State]}),
        (
            "rule",
            "Only items refused by this rule.",
            {"type": "string", "pattern": "^[A-Za-z0-9_./-]{1,100}$"},
        ),
        ("source", "Only items of this source.", {"type": "string", "pattern": "^[!-~]{1,200}$"}),
        ("id", "Only items of this event.", {"type": "string", "pattern": "^[!-~]{1,128}$"}),
        ("since", "Only items received at this time or later.", {"type": "string", "format": "date-time"}),
        ("after", "`next` of the page before.", {"type": "string", "pattern": "^[0-9]{1,15}$"}),
        ("limit", f"Items on a page ({PAGE}).", {"type": "integer", "minimum": 1, "maximum": MOST}),
    )
]

_ITEM: Final[Json] = {
    "name": "item",
    "in": "path",
    "required": True,
    "schema": {"type": "integer", "minimum": 1, "maximum": LARGEST},
}

PATHS: Final[Json] = {
    "/v1/quarantine": {
        "parameters": _PARAMETERS,
        "get": asked("quarantine", "Which of my events were refused, and why?", "RefusedPage"),
    },
    "/v1/quarantine/{item}": {
        "parameters": [_ITEM],
        "delete": asked(
            "withdraw", "Withdraw a refused event never meant to be sent", "Refused", ("not-found",)
        ),
    },
}
