"""The views through which a source sees its refused events and withdraws one. No answer holds what was sent."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

from flask import Response, request
from pydantic import TypeAdapter, ValidationError

from lookup.domain.calendar import SHANGHAI
from lookup.domain.quarantine import State
from lookup.services.arrivals import Fault
from lookup.services.own_quarantine import MISSING, Item, Sought, find_own, withdraw_own
from lookup.web.push import answers
from lookup.web.push.faults import fault
from lookup.web.push.guard import context_of, signed
from lookup.web.push.signature import Caller
from lookup.web.push.wire import Moment

PARAMETERS = ("state", "rule", "source", "since", "id", "after", "limit")
ACTION = "push.quarantine"
PAGE, MOST = 50, 200
LARGEST = 9_007_199_254_740_991
_MOMENT: TypeAdapter[datetime] = TypeAdapter(Moment)
_PATTERNS = {
    "state": "|".join(State),
    "rule": r"[A-Za-z0-9_./-]{1,100}",
    "source": r"[!-~]{1,200}",
    "id": r"[!-~]{1,128}",
    "after": r"[0-9]{1,15}",
    "limit": r"[1-9][0-9]{0,2}",
}


@signed(*PARAMETERS)
def listed(caller: Caller) -> Response:
    """Return a page of the caller's refused events, oldest first."""
    sought = _read()
    if isinstance(sought, Fault):
        return answers.refuse_signed(context_of(), caller, "bad-request", [sought], ACTION)
    above, limit = int(request.args.get("after", 0)), int(request.args.get("limit", PAGE))
    found = find_own(context_of(), caller.client, caller.nonce, sought, above, limit + 1)
    if isinstance(found, str):
        return answers.refuse(context_of(), found, caller.client.id, action=ACTION)
    more = str(found[limit - 1].id) if len(found) > limit else None
    return answers.answer({"items": [told(item) for item in found[:limit]], "next": more})


@signed()
def withdraw(caller: Caller, item: int) -> Response:
    """Withdraw one refused event of the caller."""
    found = withdraw_own(context_of(), caller.client, caller.nonce, item)
    if isinstance(found, Item):
        return answers.answer(told(found))
    if found == MISSING:
        return answers.problem("not-found:item")
    return answers.refuse(context_of(), found, caller.client.id, action=ACTION)


def told(item: Item) -> dict[str, Any]:
    """Return what a source is told of one item."""
    why = json.loads(item.problem)
    known: dict[str, Any] = {
        "item": item.id,
        "id": item.event,
        "source": item.source,
        "received_at": _time(item.received),
        "judged_at": _time(item.judged),
        "state": item.state,
        "pointer": why["field"],
        "rule": item.rule,
        "text": why["text"],
    }
    article = why.get("article") or {}
    more = {
        "article": article if any(article.values()) else None,
        "settled_by": item.settled,
        "reason": item.reason,
        "ended_at": _time(item.ended) if item.ended else None,
    }
    return known | {name: value for name, value in more.items() if value}


def _read() -> Sought | Fault:
    """Return what the address asks for, or which parameter is wrong."""
    for name, value in request.args.items():
        if not re.fullmatch(_PATTERNS.get(name, r"[!-~]{1,40}"), value, re.ASCII):
            return fault(f"/{name}", "query.value")
    args = request.args
    if int(args.get("limit", PAGE)) > MOST:
        return fault("/limit", "query.value")
    try:
        since = _MOMENT.validate_python(args["since"]) if "since" in args else None
    except ValidationError:
        return fault("/since", "query.value")
    return Sought(
        source=args.get("source"), state=args.get("state"), rule=args.get("rule"), event=args.get("id"),
        since=int(since.timestamp() * 1_000_000) if since else None,
    )  # fmt: skip


def _time(us: int) -> str:
    return datetime.fromtimestamp(us / 1_000_000, SHANGHAI).isoformat(timespec="milliseconds")
