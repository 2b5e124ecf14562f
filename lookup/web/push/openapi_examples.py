"""Examples of the OpenAPI document: what is sent and what is answered, by operation. Every number in it is made up."""

from __future__ import annotations

import json
from typing import Any, Final

from lookup.web.push.openapi_parts import Json
from lookup.web.push.problems import PROBLEMS

_SOURCE, _INCIDENT, _UNIT = "urn:yunxi:110", "36990126030208140501", "369901510000"
_OTHERS: Final = ("36990126030209331702", "36990126030222051103", "36990126030217482501")
_HASHES: Final = (
    "659e5104db26479995778d4c1e0beb4dfda136f4e5a14975851f263c7418d600",
    "1e5c9f29e7b88eba294b1cc43c4da6210f982ac56a3707f2e1bad4a17d414cf7",
)
_EVENT, _BATCH, _LINES = (
    "application/cloudevents+json",
    "application/cloudevents-batch+json",
    "application/x-ndjson",
)
_JSON, _PROBLEM = "application/json", "application/problem+json"


def _event(id_: str, kind: str, time: str, entered_at: str, **data: Any) -> Json:
    head = {
        "specversion": "1.0",
        "id": id_,
        "source": _SOURCE,
        "type": f"lookup.{kind}",
        "subject": _INCIDENT,
    }
    said = {"unit": _UNIT, "entered_at": f"2026-03-02T{entered_at}+08:00"} | data
    return head | {"time": f"2026-03-02T{time}+08:00", "data": said}


def _replaces(id_: str) -> Json:
    return {"source": _SOURCE, "id": id_}


def _lines(*values: Json) -> str:
    return "".join(json.dumps(each, ensure_ascii=False, separators=(",", ":")) + "\n" for each in values)


_FIRST: Final = _event(
    "e-1", "transition", "08:14:05", "08:15:00", to="J10", attributes={"channel": "110"},
    persons=[{"role": "reporter", "phone": "19900001234"}],
)  # fmt: skip
_STEP: Final = _event("e-2", "transition", "08:20:00", "08:20:00", to="J20")
_NEXT: Final = _event("e-3", "transition", "08:30:00", "08:31:00", to="J30")
_WRONG: Final = _event("e-4", "transition", "08:40:00", "08:41:00", to="J99")
_CORRECTION: Final = _event(
    "e-5", "correction", "08:20:00", "10:01:00", unit="369901520000", replaces=_replaces("e-2"),
    reason="wrong_unit", approver="012345",
)  # fmt: skip
_RETRACTION: Final = _event(
    "e-6", "retraction", "10:05:00", "10:05:00", replaces=_replaces("e-3"), reason="sent_by_mistake",
    approver="012345",
)  # fmt: skip
_WAITS: Final = _event("e-9", "transition", "08:40:00", "08:41:00", **{"from": "J40", "to": "J50"})
_LIST: Final = {
    "manifest": "2026-03-02", "day": "2026-03-02", "part": 1, "parts": 1, "count": 3, "hash": _HASHES[0],
    "numbers": [_INCIDENT, *_OTHERS[:2]],
}  # fmt: skip
_CLAIM: Final = {"source": _SOURCE, "first": "17", "last": "19", "reason": "rolled_back"}

REQUESTS: Final[dict[str, dict[str, Json]]] = {
    "pushEvents": {
        _EVENT: {
            "first": _FIRST, "step": _STEP, "next": _NEXT, "refused": _WRONG, "correction": _CORRECTION,
            "retraction": _RETRACTION, "waits": _WAITS,
        },
        _BATCH: {"batch": [_FIRST, _WRONG]},
        _LINES: {"lines": _lines(_FIRST, _STEP)},
    },
    "sendManifest": {_JSON: {"whole": _LIST}},
    "declareUnused": {_JSON: {"declaration": _CLAIM}},
}  # fmt: skip
"""What is sent: by operation, content type and name."""

_REFERENCE: Final = {
    "code": "R996J-M7W4W",
    "link": "https://lookup.example/r#WyJqRERwOHFMSGV5eDd6YmI4c0hLQTNnIiwxXQ",
}
_REFUSED: Final = PROBLEMS["event-refused"]
_ERROR: Final = {
    "pointer": "/data/to",
    "rule": "R2026/states",
    "text": {"zh-Hans": "规则集里没有这个状态。", "en": "The rulebook has no such state."},
}


def _result(id_: str, outcome: str, **more: Any) -> Json:
    return {"source": _SOURCE, "id": id_, "outcome": outcome, "incident": _INCIDENT} | more


def _refused(index: int) -> Json:
    head = {"index": index, "source": _SOURCE, "id": "e-4", "outcome": "quarantined"}
    return head | {"errors": [_ERROR], "entry": "4-18"}


def _element(index: int, result: Json, entry: str) -> Json:
    return {"index": index} | result | {"entry": entry}


_ACCEPTED: Final = _result("e-1", "accepted", reference=_REFERENCE)
_COMPARED: Final = {
    "manifest": "2026-03-02", "source": _SOURCE, "day": "2026-03-02", "state": "different", "parts": 1,
    "absent_parts": [],
    "counts": {"listed": 3, "received": 3, "not_received": 1, "not_listed": 1, "elsewhere": 0},
    "not_received": [_OTHERS[1]], "not_listed": [_OTHERS[2]], "elsewhere": [],
}  # fmt: skip
_COUNTED: Final = {"count": 1, "hash": _HASHES[1]}
_DECLARED: Final = {key: _CLAIM[key] for key in ("first", "last", "reason")} | {
    "declared_at": "2026-03-02T14:30:00+08:00"
}
_WAITING: Final = {
    "id": "e-9", "incident": _INCIDENT, "type": "lookup.transition", "time": "2026-03-02T08:40:00+08:00",
    "entered_at": "2026-03-02T08:41:00+08:00", "from": "J40", "to": "J50", "stands": "J20", "lacks": "step",
    "before": ["J40"],
}  # fmt: skip
_ITEM: Final = {
    "item": 17, "id": "e-4", "source": _SOURCE, "received_at": "2026-03-02T08:41:01.250+08:00",
    "judged_at": "2026-03-02T08:41:01.250+08:00", "state": "open", **_ERROR,
}  # fmt: skip

ANSWERS: Final[dict[str, dict[str, dict[str, Json]]]] = {
    "pushEvents": {
        "200": {
            _JSON: {
                "accepted": _ACCEPTED,
                "batch": {
                    "counts": {"accepted": 1, "waiting": 0, "duplicate": 0, "conflict": 0, "quarantined": 1},
                    "results": [_element(0, _ACCEPTED, "4-17"), _refused(1)],
                },
            },
            _LINES: {"lines": _lines(_element(0, _ACCEPTED, "4-17"), _refused(1))},
        },
        "202": {_JSON: {"waiting": _result("e-9", "waiting")}},
        "422": {
            _PROBLEM: {
                "refused": {
                    "type": _REFUSED.type, "title": _REFUSED.title_en, "status": _REFUSED.status,
                    "detail": _REFUSED.todo_en, "errors": [_ERROR], "quarantined": True, "id": "e-4",
                }
            }
        },
    },
    "sendManifest": {"200": {_JSON: {"different": _COMPARED}}},
    "manifest": {"200": {_JSON: {"different": _COMPARED}}},
    "declareUnused": {"200": {_JSON: {"declared": {"source": _SOURCE, **_DECLARED}}}},
    "digests": {
        "200": {
            _JSON: {
                "day": {
                    "source": _SOURCE,
                    "days": [{"day": "2026-03-02", **_COUNTED, "units": [{"unit": _UNIT, **_COUNTED}]}],
                }
            }
        }
    },
    "waiting": {"200": {_JSON: {"step": {"source": _SOURCE, "waiting": [_WAITING], "more": False}}}},
    "gaps": {
        "200": {
            _JSON: {
                "gap": {
                    "source": _SOURCE, "grace": 15, "first": "1", "last": "4711", "missing": 2, "settling": 0,
                    "gaps": [{"first": "31", "last": "32", "since": "2026-03-02T14:05:09+08:00"}], "more": False,
                    "unused": 3, "declared": [{**_DECLARED, "came": []}],
                }
            }
        }
    },
    "quarantine": {"200": {_JSON: {"open": {"items": [_ITEM], "next": None}}}},
    "whoami": {
        "200": {
            _JSON: {
                "identity": {
                    "client": "yunxi-110", "name": "云溪市110", "source": _SOURCE, "key": "yunxi-110.1a2b3c4d",
                    "units": ["3699"], "kinds": ["transition", "correction", "retraction", "document", "mark"],
                }
            }
        }
    },
}  # fmt: skip
"""What is answered: by operation, status, content type and name."""


def show(operation: Json) -> None:
    """Put the examples of an operation into it."""
    name = operation["operationId"]
    if name in REQUESTS:
        _put(operation["requestBody"]["content"], REQUESTS[name])
    for status, by_media in ANSWERS.get(name, {}).items():
        _put(operation["responses"][status]["content"], by_media)


def _put(content: Json, by_media: dict[str, Json]) -> None:
    for media, examples in by_media.items():
        content[media]["examples"] = {name: {"value": value} for name, value in examples.items()}
