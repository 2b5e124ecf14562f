"""From the bytes of a request to JSON values, as strict as RFC 8259 and I-JSON (RFC 7493) allow.

Nothing here knows what an event is. A member named twice in one object becomes REPEATED, so that it spoils only
the event it stands in; anything that is not JSON at all spoils its document.
"""

from __future__ import annotations

import json
from typing import Any, Never

REPEATED = "\0repeated"
"""Member that stands for a whole object with a repeated name; no real member of an event begins with NUL."""

MAX_DEPTH = 16


class NotJson(ValueError):
    """The bytes are no JSON document; `rule` says why: json.encoding, json.syntax, json.depth."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


def parse(raw: bytes) -> Any:
    """Return the JSON value of `raw` (UTF-8 without BOM); raises NotJson."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise NotJson("json.encoding") from None
    if text.startswith("\ufeff"):
        raise NotJson("json.encoding")
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
    except RecursionError:
        raise NotJson("json.depth") from None
    except ValueError:
        raise NotJson("json.syntax") from None
    if _deeper(value, MAX_DEPTH):
        raise NotJson("json.depth")
    return value


def canonical(value: Any) -> bytes:
    """Return one and the same bytes for equal JSON values, whatever the order of members and the spacing was."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    return members if len(members) == len(pairs) else {REPEATED: pairs}


def _constant(name: str) -> Never:
    raise ValueError(f"{len(name)} characters that are no JSON number")


def _deeper(value: Any, levels: int) -> bool:
    if not isinstance(value, dict | list | tuple):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_deeper(each, levels - 1) for each in inner)
