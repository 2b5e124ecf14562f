"""The OpenAPI 3.1 document of the push surface, made from the wire models and the table of problems."""

from __future__ import annotations

from functools import cache
from typing import Final

from pydantic.json_schema import models_json_schema

from lookup.web.push import openapi_oversight as oversight
from lookup.web.push import openapi_quarantine as quarantine
from lookup.web.push.manifest_wire import ManifestIn
from lookup.web.push.openapi_parts import ANYWHERE, DRY_RUN, Json, asked, problem_schema, problems, ref, told
from lookup.web.push.signature import ACCEPT_SIGNATURE
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
_ERROR: Final[Json] = {
    "type": "object",
    "required": ["pointer", "rule", "text"],
    "additionalProperties": False,
    "properties": {
        "pointer": {
            "type": "string",
            "description": "JSON pointer (RFC 6901), or a parameter after /.",
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
    "description": "What the citizen is given (查询凭证). Secret: print or send it, never store it.",
    "properties": {"code": {"type": "string"}, "link": {"type": "string"}},
}
_TOLD: Final[Json] = {
    "source": {"type": "string"},
    "id": {"type": "string"},
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
            "index": {"type": "integer", "minimum": 0},
            "outcome": {"enum": _OUTCOMES},
            "first": {"enum": ["accepted", "waiting"]},
            "errors": {"type": "array", "items": {"$ref": "#/components/schemas/Error"}},
            "entry": {"type": "string"},
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
        "properties": {name: {"type": "string"} for name in ("client", "name", "source", "key")}
        | {name: {"type": "array", "items": {"type": "string"}} for name in ("units", "kinds")},
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
    schemas["EventIn"]["properties"]["subject"]["pattern"] = f"^(?:{incident_pattern})$"
    schemas["ManifestIn"]["properties"]["numbers"]["items"]["pattern"] = f"^(?:{incident_pattern})$"
    schemas["Problem"] = problem_schema()
    return {
        "openapi": "3.1.1",
        "info": {"title": "报警结果查询 push interface", "version": VERSION, "description": _DESCRIPTION},
        "security": [{"signature": []}],
        "paths": {
            "/v1/events": {"post": _events()},
            **oversight.PATHS,
            **quarantine.PATHS,
            "/v1/whoami": {"get": asked("whoami", "Who am I?", "Identity")},
            "/v1/openapi.json": {"get": _open("openapi", "This document")},
            "/healthz": {"get": _open("healthz", "Whether this process answers")},
        },
        "components": {"schemas": schemas, "securitySchemes": {"signature": _SCHEME}},
    }


_DESCRIPTION: Final = (
    "State events (状态事件) of incidents and cases as CloudEvents 1.0, each request signed by RFC 9421. "
    "docs/push.md tells everything from the beginning, with test vectors."
)
_SCHEME: Final[Json] = {
    "type": "apiKey",
    "in": "header",
    "name": "Signature",
    "description": f"HTTP Message Signature (RFC 9421) with Signature-Input as in Accept-Signature: {ACCEPT_SIGNATURE}",
}


def _events() -> Json:
    event, line = {"$ref": "#/components/schemas/EventIn"}, {"type": "string"}
    return {
        "operationId": "pushEvents",
        "summary": "Hand over one event, a batch or lines of events",
        "parameters": [DRY_RUN],
        "requestBody": {
            "required": True,
            "content": {
                "application/cloudevents+json": {"schema": event},
                "application/cloudevents-batch+json": {
                    "schema": {"type": "array", "items": event, "minItems": 1, "maxItems": 1000}
                },
                "application/x-ndjson": {"schema": line},
            },
        },
        "responses": {
            "200": {
                "description": "Accepted (one event), or a result for each event (batch, lines).",
                "content": {
                    "application/json": {"schema": {"anyOf": [ref("Result"), ref("BatchAnswer")]}},
                    "application/x-ndjson": {"schema": line},
                },
            },
            "202": told("Taken; waits for an event that makes it fit.", "Result"),
            **problems(_EVENTS),
        },
    }


def _open(name: str, summary: str) -> Json:
    answer = {"description": summary, "content": {"application/json": {"schema": {"type": "object"}}}}
    return {
        "operationId": name,
        "summary": summary,
        "security": [],
        "responses": {"200": answer, **problems(("bad-request", "limited", "unavailable"))},
    }
