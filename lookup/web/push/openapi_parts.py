"""What every part of the OpenAPI document of the push surface is made from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from lookup.web.push.faults import MAX_FAULTS
from lookup.web.push.problems import PROBLEMS, TYPE_PREFIX

Json = dict[str, Any]

_SIGNATURES: Final = tuple(code for code, kind in PROBLEMS.items() if kind.status == 401)
ANYWHERE: Final = (
    *_SIGNATURES,
    "client-suspended",
    "client-expired",
    "bad-request",
    "method",
    "limited",
    "unavailable",
)
DRY_RUN: Final[Json] = {
    "name": "dry_run",
    "in": "query",
    "schema": {"enum": ["0", "1"]},
    "description": "1: only judge; nothing changes but the audit log.",
}

HEADERS: Final[Json] = {
    "Lookup-Entry": {
        "description": "Names the audit entry of this request. Batches and lines have `entry` in each result instead; "
        "a rehearsal of events, and a question that leaves no entry, has neither.",
        "schema": {"type": "string", "pattern": "^[0-9]+-[0-9]+$"},
    },
    "Lookup-Repeated": {
        "description": "This came before and is answered as it was then.",
        "schema": {"type": "string", "const": "true"},
    },
    "Retry-After": {
        "description": "Seconds to wait before the same is signed anew and sent again.",
        "required": True,
        "schema": {"type": "integer", "minimum": 0},
    },
    "Allow": {
        "description": "The methods that this address has.",
        "required": True,
        "schema": {"type": "string"},
    },
    "Accept-Signature": {
        "description": "How to sign (RFC 9421 section 5.1).",
        "required": True,
        "schema": {"type": "string"},
    },
    "WWW-Authenticate": {
        "description": "The scheme: Signature.",
        "required": True,
        "schema": {"type": "string"},
    },
    "Content-Language": {
        "description": "Language of title and detail, by Accept-Language.",
        "required": True,
        "schema": {"enum": ["zh-Hans", "en"]},
    },
}
"""Header fields of answers, by name."""
_OF_STATUS: Final = {
    401: ("Accept-Signature", "WWW-Authenticate"),
    405: ("Allow",),
    429: ("Retry-After",),
    503: ("Retry-After",),
}


def headers(*names: str) -> Json:
    """Return references to these header fields."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


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
            "errors": {
                "type": "array",
                "maxItems": MAX_FAULTS,
                "items": {"$ref": "#/components/schemas/Error"},
            },
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


def told(description: str, schema: str, *named: str) -> Json:
    """Return an answer in JSON; `named` are header fields beside `Lookup-Entry`."""
    content = {"application/json": {"schema": ref(schema)}}
    return {"description": description, "headers": headers("Lookup-Entry", *named), "content": content}


def problems(codes: Iterable[str]) -> Json:
    """Return the problem answers by status."""
    by_status: dict[int, list[str]] = {}
    for code in codes:
        by_status.setdefault(PROBLEMS[code].status, []).append(code)
    return {
        str(status): {
            "description": "; ".join(f"{code}: {PROBLEMS[code].title_en}" for code in found),
            "headers": headers("Lookup-Entry", "Content-Language", *_OF_STATUS.get(status, ())),
            "content": {"application/problem+json": {"schema": ref("Problem")}},
        }
        for status, found in sorted(by_status.items())
    }
