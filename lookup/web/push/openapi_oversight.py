"""The part of the OpenAPI document that is about what is missing: gaps, lists of a day, digests."""

from __future__ import annotations

from typing import Final

from lookup.domain.lacking import Lack
from lookup.domain.sequence import UNUSED_REASONS
from lookup.web.push.openapi_parts import ANYWHERE, DRY_RUN, Json, asked, problems, ref, told
from lookup.web.push.openapi_security import WITH_BODY

_POSTED: Final = ("not-json", "too-large", "media-type")
_REASON: Final[Json] = {"enum": list(UNUSED_REASONS)}
_NAME: Final[Json] = {
    "name": "manifest",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
    "description": "The id under which the list was sent.",
}
_DATE: Final[Json] = {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
_UNIT: Final[Json] = {"type": "string", "pattern": "^[0-9]{12}$"}
_SPAN: Final[list[Json]] = [
    {"name": "day", "in": "query", "required": True, "schema": _DATE, "description": "Day in Asia/Shanghai."},
    {
        "name": "until",
        "in": "query",
        "schema": _DATE,
        "description": "Last day, at most 30 after day; else day.",
    },
    {"name": "unit", "in": "query", "schema": _UNIT, "description": "Only this unit and those below it."},
]

_NUMBER: Final[Json] = {"type": ["string", "null"], "pattern": "^[0-9]{1,18}$"}
_TEXT: Final[Json] = {"type": "string"}
_COUNT: Final[Json] = {"type": "integer", "minimum": 0}

_MOMENT: Final[Json] = {"type": "string", "format": "date-time"}
_SAID: Final[Json] = {"first": _TEXT, "last": _TEXT, "reason": _REASON, "declared_at": _MOMENT}

_NUMBERS: Final[Json] = {"type": "array", "maxItems": 10_000, "items": {"type": "string"}}


def _digest(more: Json) -> Json:
    properties = more | {"count": _COUNT, "hash": {"type": "string", "pattern": "^[0-9a-f]{64}$"}}
    return {
        "type": "object",
        "required": sorted(properties),
        "additionalProperties": False,
        "properties": properties,
    }


SCHEMAS: Final[Json] = {
    "Gap": {
        "type": "object",
        "required": ["first", "last", "since"],
        "additionalProperties": False,
        "description": "Numbers that have not come, both ends included.",
        "properties": {
            "first": {"type": "string"},
            "last": {"type": "string"},
            "since": _MOMENT | {"description": "Since when this can be known."},
        },
    },
    "Unused": {
        "type": "object",
        "required": ["source", *_SAID],
        "additionalProperties": False,
        "description": "Numbers that were never used, both ends included.",
        "properties": {"source": _TEXT} | _SAID,
    },
    "Declared": {
        "type": "object",
        "required": [*_SAID, "came"],
        "additionalProperties": False,
        "description": "Numbers that this source has declared unused.",
        "properties": _SAID
        | {
            "came": {
                "type": "array",
                "maxItems": 100,
                "items": _TEXT,
                "description": "Those of them under which something has come all the same.",
            }
        },
    },
    "Gaps": {
        "type": "object",
        "required": [
            *("source", "grace", "first", "last", "missing", "settling", "gaps", "more"),
            *("unused", "declared"),
        ],
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
            "unused": _COUNT | {"description": "How many numbers were declared unused in all."},
            "declared": {
                "type": "array",
                "maxItems": 100,
                "items": ref("Declared"),
                "description": "The newest declarations first.",
            },
        },
    },
    "Manifest": {
        "type": "object",
        "required": ["manifest", "source", "day", "state", "parts", "absent_parts", "counts"],
        "additionalProperties": False,
        "properties": {
            "manifest": {"type": "string"},
            "source": {"type": "string"},
            "day": _DATE,
            "unit": _UNIT,
            "state": {
                "enum": ["incomplete", "equal", "different", "replaced"],
                "description": "replaced: a later list of the same day and unit is complete and counts instead.",
            },
            "replaced_by": {"type": "string", "description": "Id of the later list that counts instead."},
            "parts": _COUNT,
            "absent_parts": {"type": "array", "items": {"type": "integer"}},
            "counts": {
                "type": "object",
                "required": ["listed", "received"],
                "additionalProperties": False,
                "properties": dict.fromkeys(
                    ("listed", "received", "not_received", "not_listed", "elsewhere"), _COUNT
                ),
            },
            "not_received": _NUMBERS | {"description": "On the list; nobody told us, or all is retracted."},
            "not_listed": _NUMBERS | {"description": "Told by this source, day and unit; not on the list."},
            "elsewhere": _NUMBERS
            | {"description": "On the list; told by another source or of another day or unit."},
        },
    },
    "Waiting": {
        "type": "object",
        "required": ["source", "waiting", "more"],
        "additionalProperties": False,
        "properties": {
            "source": {"type": "string"},
            "waiting": {
                "type": "array",
                "maxItems": 10_000,
                "items": {
                    "type": "object",
                    "required": ["id", "incident", "type", "time", "entered_at", "stands", "lacks"],
                    "additionalProperties": False,
                    "properties": dict.fromkeys(
                        ("id", "incident", "type", "time", "entered_at", "case", "from", "to"), _TEXT
                    )
                    | {
                        "stands": {
                            "type": ["string", "null"],
                            "description": "State of the case, or the incident, at that time.",
                        },
                        "lacks": {
                            "enum": list(Lack),
                            "description": "What is missing: a step to a state of `before`; the reason or target "
                            "that the step needs there; the case's beginning; the event that it corrects or retracts; "
                            "or nothing, and then the event itself is likely wrong.",
                        },
                        "before": {
                            "type": "array",
                            "items": {"type": "string"},
                            "description": "States of which one must come first.",
                        },
                    },
                },
            },
            "more": {"type": "boolean", "description": "There are more; ask by day."},
        },
    },
    "Digests": {
        "type": "object",
        "required": ["source", "days"],
        "additionalProperties": False,
        "properties": {
            "source": {"type": "string"},
            "days": {
                "type": "array",
                "items": _digest(
                    {"day": _DATE, "units": {"type": "array", "items": _digest({"unit": _UNIT})}}
                ),
            },
        },
    },
}


def _post(name: str, summary: str, body: str, answers: Json, more: tuple[str, ...]) -> Json:
    return {
        "operationId": name,
        "summary": summary,
        "parameters": [DRY_RUN],
        "security": WITH_BODY,
        "requestBody": {"required": True, "content": {"application/json": {"schema": ref(body)}}},
        "responses": answers | problems((*ANYWHERE, *_POSTED, *more)),
    }


_MANIFESTS: Final = _post(
    "sendManifest",
    "Hand over a list of a day (日清单), whole or in parts",
    "ManifestIn",
    {
        "200": told("The list is complete; how it compares now.", "Manifest", "Lookup-Repeated"),
        "202": told("Taken; the list waits for its other parts.", "Manifest", "Lookup-Repeated"),
    },
    ("manifest-conflict", "manifest-refused"),
)
_UNUSED: Final = _post(
    "declareUnused",
    "Declare that missing numbers were never used",
    "UnusedIn",
    {"200": told("Declared, now or by the same declaration before.", "Unused", "Lookup-Repeated")},
    ("unused-refused",),
)

PATHS: Final[Json] = {
    "/v1/manifests": {"post": _MANIFESTS},
    "/v1/manifests/{manifest}": {
        "parameters": [_NAME],
        "get": asked("manifest", "How does my list compare now?", "Manifest", ("not-found",)),
    },
    "/v1/digests": {
        "parameters": _SPAN,
        "get": asked("digests", "Count and hash of what has come, by day and unit", "Digests"),
    },
    "/v1/waiting": {
        "parameters": _SPAN,
        "get": asked("waiting", "Which of my events do not fit what is known?", "Waiting"),
    },
    "/v1/gaps": {
        "get": asked("gaps", "Which numbers of my sequence are missing?", "Gaps"),
        "post": _UNUSED,
    },
}
