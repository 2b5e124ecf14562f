"""The OpenAPI 3.1 document of the push surface, made from the wire models and the table of problems."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from typing import Final

from pydantic.json_schema import models_json_schema

from lookup.web.push import openapi_oversight as oversight
from lookup.web.push import openapi_quarantine as quarantine
from lookup.web.push.faults import MAX_FAULTS
from lookup.web.push.manifest_wire import ManifestIn
from lookup.web.push.openapi_examples import show
from lookup.web.push.openapi_parts import (
    ANYWHERE,
    DRY_RUN,
    HEADERS,
    Json,
    asked,
    headers,
    problem_schema,
    problems,
    ref,
    told,
)
from lookup.web.push.openapi_security import SCHEMES, SIGNED, WITH_BODY
from lookup.web.push.openapi_types import say_needs
from lookup.web.push.unused_wire import UnusedIn
from lookup.web.push.wire import EventIn

VERSION: Final = "1.0.0"
_EVENTS: Final = (
    *ANYWHERE,
    "not-json",
    "batch-shape",
    "conflict",
    "too-large",
    "media-type",
    "event-refused",
)

_TEXT: Final[Json] = {"type": "object", "additionalProperties": {"type": "string"}}
_WORDS: Final[Json] = {"type": "array", "items": {"type": "string"}}
_ERROR: Final[Json] = {
    "type": "object",
    "required": ["pointer", "rule", "text"],
    "additionalProperties": False,
    "properties": {
        "pointer": {
            "type": "string",
            "description": "JSON pointer (RFC 6901), or a parameter after /. Of a member that is unknown or occurs "
            "twice it is that of the object it stands in, and empty for a parameter that is unknown.",
        },
        "rule": {"type": "string", "description": "Stable code of the rule, for programs."},
        "text": _TEXT,
        "article": _TEXT,
    },
}
_REFERENCE: Final[Json] = {
    "type": "object",
    "required": ["code", "link"],
    "additionalProperties": False,
    "description": "What the citizen is given (查询凭证); comes with whatever event is the first to name an incident "
    "(a correction or retraction names none), and its repetitions. Secret: print or send it, never store it.",
    "properties": {"code": {"type": "string"}, "link": {"type": "string"}},
}
_TOLD: Final[Json] = {
    "source": {"type": "string"},
    "id": {"type": "string", "description": "Id of the event, or sha256:… where it has no usable one."},
    "incident": {"type": "string"},
    "reference": {"$ref": "#/components/schemas/Reference"},
}
_OUTCOMES: Final = ["accepted", "waiting", "duplicate", "conflict", "quarantined"]
_OTHER_SCHEMAS: Final[Json] = {
    "Error": _ERROR,
    "Reference": _REFERENCE,
    "Result": {
        "type": "object",
        "required": ["source", "id", "outcome", "incident"],
        "additionalProperties": False,
        "properties": _TOLD | {"outcome": {"enum": ["accepted", "waiting"]}},
    },
    "BatchResult": {
        "type": "object",
        "required": ["index", "source", "id", "outcome"],
        "additionalProperties": False,
        "properties": _TOLD
        | {
            "index": {"type": "integer", "minimum": 0, "description": "Counts the events from 0."},
            "outcome": {"enum": _OUTCOMES},
            "first": {
                "enum": ["accepted", "waiting"],
                "description": "Of a duplicate: what was answered when it came first.",
            },
            "errors": {
                "type": "array",
                "maxItems": MAX_FAULTS,
                "items": {"$ref": "#/components/schemas/Error"},
            },
            "entry": {"type": "string", "description": "Names the audit entry of this event."},
        },
    },
    "BatchAnswer": {
        "type": "object",
        "required": ["counts", "results"],
        "additionalProperties": False,
        "properties": {
            "counts": {
                "type": "object",
                "required": _OUTCOMES,
                "additionalProperties": False,
                "properties": {name: {"type": "integer", "minimum": 0} for name in _OUTCOMES},
            },
            "results": {"type": "array", "items": {"$ref": "#/components/schemas/BatchResult"}},
        },
    },
    "Identity": {
        "type": "object",
        "required": ["client", "name", "source", "key", "units", "kinds"],
        "additionalProperties": False,
        "properties": {
            "client": {"type": "string", "description": "Your id in this service."},
            "name": {"type": "string", "description": "Your name for people."},
            "source": {"type": "string", "description": "The only source under which you may send."},
            "key": {"type": "string", "description": "The key that signed this request."},
            "units": _WORDS | {"description": "First digits of the unit codes that you may speak for."},
            "kinds": _WORDS | {"description": "Types that you may send, without `lookup.`"},
        },
    },
}


@cache
def document(incident_pattern: str) -> Json:
    """Return the document; `incident_pattern` is this deployment's form of incident numbers."""
    _, made = models_json_schema(
        [(EventIn, "validation"), (ManifestIn, "validation"), (UnusedIn, "validation")],
        ref_template="#/components/schemas/{model}",
    )
    schemas = made["$defs"] | _OTHER_SCHEMAS | oversight.SCHEMAS | quarantine.SCHEMAS
    say_needs(schemas["EventIn"])
    schemas["EventIn"]["properties"]["subject"]["pattern"] = f"^(?:{incident_pattern})$"
    schemas["ManifestIn"]["properties"]["numbers"]["items"]["pattern"] = f"^(?:{incident_pattern})$"
    schemas["Problem"] = problem_schema()
    return {
        "openapi": "3.1.1",
        "info": {"title": "报警结果查询 push interface", "version": VERSION, "description": _DESCRIPTION},
        "security": SIGNED,
        "paths": _paths(),
        "components": {"schemas": schemas, "headers": HEADERS, "securitySchemes": SCHEMES},
    }


def _paths() -> Json:
    """Return every address with its operations and their examples."""
    paths: Json = {
        "/v1/events": {"post": _events()},
        **deepcopy(oversight.PATHS),
        **deepcopy(quarantine.PATHS),
        "/v1/whoami": {"get": asked("whoami", "Who am I?", "Identity")},
        "/v1/openapi.json": {"get": _open("openapi", "This document")},
        "/healthz": {"get": _open("healthz", "Whether this process answers")},
    }
    for address in paths.values():
        for method in address.keys() & {"get", "post", "delete"}:
            show(address[method])
    return paths


_DESCRIPTION: Final = (
    "State events (状态事件) of incidents and cases as CloudEvents 1.0, each request signed by RFC 9421. "
    "docs/push.md tells everything from the beginning, with test vectors."
)


def _events() -> Json:
    event = {"$ref": "#/components/schemas/EventIn"}
    lines = {"type": "string", "description": "One event a line; blank lines are skipped."}
    told_lines = {"type": "string", "description": "One BatchResult a line for each event, without counts."}
    return {
        "operationId": "pushEvents",
        "summary": "Hand over one event, a batch or lines of events",
        "parameters": [DRY_RUN],
        "security": WITH_BODY,
        "requestBody": {
            "required": True,
            "content": {
                "application/cloudevents+json": {"schema": event},
                "application/cloudevents-batch+json": {
                    "schema": {"type": "array", "items": event, "minItems": 1, "maxItems": 1000}
                },
                "application/x-ndjson": {"schema": lines},
            },
        },
        "responses": {
            "200": {
                "description": "Accepted (one event), or a result for each event (batch, lines).",
                "headers": headers("Lookup-Entry", "Lookup-Repeated"),
                "content": {
                    "application/json": {"schema": {"anyOf": [ref("Result"), ref("BatchAnswer")]}},
                    "application/x-ndjson": {"schema": told_lines},
                },
            },
            "202": told("Taken; waits for an event that makes it fit.", "Result", "Lookup-Repeated"),
            **problems(_EVENTS),
        },
    }


def _open(name: str, summary: str) -> Json:
    answer = {"description": summary, "content": {"application/json": {"schema": {"type": "object"}}}}
    return {
        "operationId": name,
        "summary": summary,
        "security": [],
        "responses": {"200": answer, **problems(("bad-request", "method", "limited", "unavailable"))},
    }
