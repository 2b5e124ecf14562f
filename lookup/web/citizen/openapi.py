"""The OpenAPI 3.1 document of the citizen API, made from the models that validate and answer."""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic.json_schema import models_json_schema

from lookup.web.citizen.models import Problem, Report, Verification, Verified

_PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
_MEANINGS = {
    400: "The request could not be read.",
    401: "A pass is needed, or the one given is over.",
    403: "Refused: something does not match (never said what), or the request came from another site.",
    413: "The body is too large.",
    422: "A field needs mending before anything is counted; `errors` says which.",
    429: "Too many tries: send the same again with `ticket` after `retry_after` seconds. Nobody is locked out.",
    503: "The entry of the attempt could not be written, so nothing is answered.",
}


@cache
def document() -> dict[str, Any]:
    """Return the document; the same object each time."""
    _, schema = models_json_schema(
        [(m, "serialization") for m in (Verification, Verified, Report, Problem)],
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
    secured: dict[str, Any] = {"security": [{"pass": []}]}
    return {
        "/api/v1/verifications": {"post": verify | {"requestBody": body}},
        "/api/v1/report": {"get": show | secured},
        "/api/v1/session": {"delete": end | secured},
        "/api/v1/openapi.json": {"get": _operation("describe", "This document", plain, (429, 503))},
    }


def _operation(name: str, summary: str, good: dict[int, Any], bad: tuple[int, ...]) -> dict[str, Any]:
    answers = {str(status): answer for status, answer in good.items()}
    answers |= {str(status): {"description": _MEANINGS[status], "content": _PROBLEM} for status in bad}
    return {"operationId": name, "summary": summary, "responses": answers}


def _json(model: str, description: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": _ref(model)}}}


def _ref(model: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{model}"}
