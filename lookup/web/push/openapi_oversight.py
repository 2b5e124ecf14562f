"""The part of the OpenAPI document that is about what is missing."""

from __future__ import annotations

from typing import Any, Final

Json = dict[str, Any]

_NUMBER: Final[Json] = {"type": ["string", "null"], "pattern": "^[0-9]{1,18}$"}
_COUNT: Final[Json] = {"type": "integer", "minimum": 0}

SCHEMAS: Final[Json] = {
    "Gap": {
        "type": "object",
        "required": ["first", "last", "since"],
        "additionalProperties": False,
        "description": "Numbers that have not come, both ends included.",
        "properties": {
            "first": {"type": "string"},
            "last": {"type": "string"},
            "since": {
                "type": "string",
                "format": "date-time",
                "description": "Since when this can be known.",
            },
        },
    },
    "Gaps": {
        "type": "object",
        "required": ["source", "grace", "first", "last", "missing", "settling", "gaps", "more"],
        "additionalProperties": False,
        "properties": {
            "source": {"type": "string"},
            "grace": _COUNT | {"description": "Minutes after which a gap is told."},
            "first": _NUMBER | {"description": "Lowest number that has come."},
            "last": _NUMBER | {"description": "Highest number that has come."},
            "missing": _COUNT | {"description": "How many numbers all gaps past the grace time hold."},
            "settling": _COUNT | {"description": "How many more are missing for a shorter time."},
            "gaps": {"type": "array", "maxItems": 1000, "items": {"$ref": "#/components/schemas/Gap"}},
            "more": {"type": "boolean", "description": "There are more gaps than can be told."},
        },
    },
}
