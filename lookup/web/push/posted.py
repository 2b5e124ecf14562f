"""A JSON document that was posted, before anybody looks at what it says."""

from __future__ import annotations

from typing import Any

from flask import abort, request

from lookup.web.push import answers, body
from lookup.web.push.faults import fault
from lookup.web.push.guard import context_of
from lookup.web.push.signature import Caller

JSON = "application/json"


def posted(caller: Caller, action: str) -> tuple[Any, bool]:
    """Return the posted value and whether it is a rehearsal; a refusal, an entry of `action`, ends the request."""
    dry = request.args.get("dry_run", "0")
    if dry not in ("0", "1"):
        wrong = [fault("/dry_run", "query.value")]
        abort(answers.refuse_signed(context_of(), caller, "bad-request", wrong, action))
    if request.content_encoding or request.mimetype != JSON:
        abort(answers.refuse_signed(context_of(), caller, "media-type", action=action))
    try:
        return body.parse(caller.body), dry == "1"
    except body.NotJson as broken:
        faults = [fault("", broken.rule)]
        abort(answers.refuse_signed(context_of(), caller, "not-json", faults, action))
