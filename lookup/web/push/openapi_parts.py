"""What every part of the OpenAPI document of the push surface is made from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from lookup.web.push.problems import PROBLEMS, TYPE_PREFIX

Json = dict[str, Any]

_SIGNATURES: Final = tuple(code for code, kind in PROBLEMS.items() if kind.status == 401)
ANYWHERE: Final = (
    *_SIGNATURES,
    "client-suspended",
    "client-expired",
    "bad-request",
    "limited",
    "unavailable",
)
DRY_RUN: Final[Json] = {
    "name": "dry_run",
    "in": "query",
    "schema": {"enum": ["0", "1"]},
    "description": "1: only judge; nothing changes but the audit log.",
}


def problem_schema() -> Json:
    """Return the schema of a problem document."""
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
            "id": {
                "type": "string",
                "description": "Event id under which it is kept; sha256:… where it has none.",
            },
        },
    }


def asked(name: str, summary: str, schema: str, more: tuple[str, ...] = ()) -> Json:
    """Return an operation without a body with its answer, and the problems that it has beside those of any request."""
    answers = {"200": told(summary, schema), **problems((*ANYWHERE, *more))}
    return {"operationId": name, "summary": summary, "responses": answers}


def ref(schema: str) -> Json:
    """Return a reference to a schema."""
    return {"$ref": f"#/components/schemas/{schema}"}


def told(description: str, schema: str) -> Json:
    """Return an answer in JSON."""
    return {"description": description, "content": {"application/json": {"schema": ref(schema)}}}


def problems(codes: Iterable[str]) -> Json:
    """Return the problem answers by status."""
    by_status: dict[int, list[str]] = {}
    for code in codes:
        by_status.setdefault(PROBLEMS[code].status, []).append(code)
    return {
        str(status): {
            "description": "; ".join(f"{code}: {PROBLEMS[code].title_en}" for code in found),
            "content": {"application/problem+json": {"schema": ref("Problem")}},
        }
        for status, found in sorted(by_status.items())
    }
