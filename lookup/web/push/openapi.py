"""The OpenAPI 3.1 document of the push surface, made from the wire models and the table of problems."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any, Final

from pydantic.json_schema import models_json_schema

from lookup.web.push.openapi_oversight import SCHEMAS
from lookup.web.push.problems import PROBLEMS, TYPE_PREFIX
from lookup.web.push.signature import ACCEPT_SIGNATURE
from lookup.web.push.wire import EventIn

Json = dict[str, Any]
VERSION: Final = "1.0.0"
_SIGNATURES: Final = tuple(code for code, kind in PROBLEMS.items() if kind.status == 401)
_ANYWHERE: Final = (
    *_SIGNATURES,
    "client-suspended",
    "client-expired",
    "bad-request",
    "limited",
    "unavailable",
)
_EVENTS: Final = (
    *_ANYWHERE,
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
        "pointer": {"type": "string", "description": "JSON pointer (RFC 6901) into the event."},
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
    _, made = models_json_schema([(EventIn, "validation")], ref_template="#/components/schemas/{model}")
    schemas = made["$defs"] | _OTHER_SCHEMAS | SCHEMAS
    schemas["EventIn"]["properties"]["subject"]["pattern"] = f"^(?:{incident_pattern})$"
    schemas["Problem"] = _problem_schema()
    return {
        "openapi": "3.1.1",
        "info": {"title": "报警结果查询 push interface", "version": VERSION, "description": _DESCRIPTION},
        "security": [{"signature": []}],
        "paths": {
            "/v1/events": {"post": _events()},
            "/v1/gaps": {"get": _asked("gaps", "Which numbers of my sequence are missing?", "Gaps")},
            "/v1/whoami": {"get": _asked("whoami", "Who am I?", "Identity")},
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


def _problem_schema() -> Json:
    return {
        "type": "object",
        "required": ["type", "title", "status", "detail"],
        "additionalProperties": False,
        "properties": {
            "type": {"enum": [TYPE_PREFIX + code for code in PROBLEMS]},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "errors": {"type": "array", "items": {"$ref": "#/components/schemas/Error"}},
            "quarantined": {"const": True, "description": "The body was kept, sealed, with this reason."},
        },
    }


def _events() -> Json:
    event, line = {"$ref": "#/components/schemas/EventIn"}, {"type": "string"}
    return {
        "operationId": "pushEvents",
        "summary": "Hand over one event, a batch or lines of events",
        "parameters": [
            {
                "name": "dry_run",
                "in": "query",
                "schema": {"enum": ["0", "1"]},
                "description": "1: only judge.",
            }
        ],
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
                    "application/json": {"schema": {"anyOf": [_ref("Result"), _ref("BatchAnswer")]}},
                    "application/x-ndjson": {"schema": line},
                },
            },
            "202": _told("Accepted; waits for the event before it.", "Result"),
            **_problems(_EVENTS),
        },
    }


def _asked(name: str, summary: str, schema: str) -> Json:
    answers = {"200": _told(summary, schema), **_problems(_ANYWHERE)}
    return {"operationId": name, "summary": summary, "responses": answers}


def _open(name: str, summary: str) -> Json:
    answer = {"description": summary, "content": {"application/json": {"schema": {"type": "object"}}}}
    return {
        "operationId": name,
        "summary": summary,
        "security": [],
        "responses": {"200": answer, **_problems(("bad-request", "limited", "unavailable"))},
    }


def _ref(schema: str) -> Json:
    return {"$ref": f"#/components/schemas/{schema}"}


def _told(description: str, schema: str) -> Json:
    return {"description": description, "content": {"application/json": {"schema": _ref(schema)}}}


def _problems(codes: Iterable[str]) -> Json:
    by_status: dict[int, list[str]] = {}
    for code in codes:
        by_status.setdefault(PROBLEMS[code].status, []).append(code)
    return {
        str(status): {
            "description": "; ".join(f"{code}: {PROBLEMS[code].title_en}" for code in found),
            "content": {"application/problem+json": {"schema": _ref("Problem")}},
        }
        for status, found in sorted(by_status.items())
    }
