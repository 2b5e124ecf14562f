"""The OpenAPI 3.1 document of the citizen API, made from the models that validate and answer."""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic.json_schema import models_json_schema

from lookup.web.citizen.models import Accesses, Problem, Report, Verification, Verified

_PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
_CAPABILITY = [
    {"name": "place", "in": "path", "required": True, "schema": {"type": "string"}},
    {"name": "k", "in": "query", "required": True, "schema": {"type": "string"}},
]
_BEFORE = [{"name": "before", "in": "query", "required": False, "schema": {"type": "string"}}]
_MEANINGS = {
    400: "The request could not be read.",
    401: "A pass is needed, or the one given is over.",
    403: "Refused: something does not match (never said what), or the request came from another site.",
    404: "There is no such entry, or the capability `k` is not the one for it.",
    410: "The entry has moved to the archive; `segment` says which.",
    413: "The body is too large.",
    422: "A field needs mending before anything is counted; `errors` says which.",
    429: "Too many tries: send the same again with `ticket` after `retry_after` seconds. Nobody is locked out.",
    503: "The entry of the attempt could not be written, so nothing is answered.",
}


@cache
def document() -> dict[str, Any]:
    """Return the document; the same object each time."""
    _, schema = models_json_schema(
        [
            (Verification, "validation"),
            *((m, "serialization") for m in (Verified, Report, Accesses, Problem)),
        ],
        ref_template="#/components/schemas/{model}",
    )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "报警结果查询 · citizen API",
            "version": "1.0.0",
            "description": "Prove a reference, then read what became of the report. Texts follow Accept-Language.",
        },
        "paths": _paths(),
        "components": {
            "schemas": schema["$defs"],
            "securitySchemes": {"pass": {"type": "http", "scheme": "bearer"}},
        },
    }


def _paths() -> dict[str, Any]:
    body = {"required": True, "content": {"application/json": {"schema": _ref("Verification")}}}
    verify = _operation(
        "verify", "Prove a reference", {201: _json("Verified", "Proved.")}, (400, 403, 413, 422, 429, 503)
    )
    show = _operation(
        "readReport", "Read the report of the pass", {200: _json("Report", "Opened.")}, (401, 429, 503)
    )
    end = _operation("endSession", "End the pass", {204: {"description": "Ended."}}, (401, 403, 429, 503))
    plain = {
        200: {"description": "OpenAPI 3.1", "content": {"application/json": {"schema": {"type": "object"}}}}
    }
    looks = _operation(
        "listAccesses",
        "List who looked at the report",
        {200: _json("Accesses", "Listed.")},
        (400, 401, 429, 503),
    )
    secured: dict[str, Any] = {"security": [{"pass": []}]}
    return {
        "/api/v1/verifications": {"post": verify | {"requestBody": body}},
        "/api/v1/report": {"get": show | secured},
        "/api/v1/report/accesses": {"get": looks | secured | {"parameters": _BEFORE}},
        "/api/v1/receipts/{place}": {"get": _receipt() | {"parameters": _CAPABILITY}},
        "/api/v1/receipts/{place}/opening": {"get": _opening() | {"parameters": _CAPABILITY}},
        "/api/v1/session": {"delete": end | secured},
        "/api/v1/openapi.json": {"get": _operation("describe", "This document", plain, (429, 503))},
    }


def _receipt() -> dict[str, Any]:
    text = {"content": {"text/plain": {"schema": {"type": "string"}}}}
    good = {
        200: text | {"description": "A tlog-proof@v1."},
        202: text | {"description": "Not in a checkpoint yet: ask again after Retry-After."},
    }
    return _operation("readReceipt", "Read the receipt of an entry", good, (404, 410, 429, 503))


def _opening() -> dict[str, Any]:
    good = {
        200: {"description": "salt, n, d", "content": {"application/json": {"schema": {"type": "object"}}}}
    }
    return _operation("readOpening", "Read the restricted part of one's own entry", good, (404, 429, 503))


def _operation(name: str, summary: str, good: dict[int, Any], bad: tuple[int, ...]) -> dict[str, Any]:
    answers = {str(status): answer for status, answer in good.items()}
    answers |= {str(status): {"description": _MEANINGS[status], "content": _PROBLEM} for status in bad}
    return {"operationId": name, "summary": summary, "responses": answers}


def _json(model: str, description: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": _ref(model)}}}


def _ref(model: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{model}"}
