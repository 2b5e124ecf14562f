"""The views that take events: from a signed body to arrivals, through the use case, to an answer in order."""

from __future__ import annotations

import json
from collections.abc import Sequence

from flask import Response, abort, request

from lookup.services.accept_events import accept_signed
from lookup.services.arrivals import Result
from lookup.services.contexts import PushContext
from lookup.web.push import answers, body
from lookup.web.push.arriving import Read, read_event, read_line, unreadable
from lookup.web.push.faults import fault
from lookup.web.push.signature import Caller

EVENT, BATCH, LINES = (
    "application/cloudevents+json",
    "application/cloudevents-batch+json",
    "application/x-ndjson",
)
MAX_BODY = 4 * 1024 * 1024
MAX_EVENTS = 1000


def take(context: PushContext, caller: Caller, dry: bool) -> Response:
    """Answer a signed POST of events in one of the three content types."""
    if request.content_encoding or request.mimetype not in (EVENT, BATCH, LINES):
        return answers.refuse_signed(context, caller, "media-type")
    if request.mimetype == LINES:
        return _lines(context, caller, dry)
    try:
        value = body.parse(caller.body)
    except body.NotJson as broken:
        return _broken(context, caller, dry, "not-json", broken.rule)
    if request.mimetype == EVENT:
        read = read_event(caller.client, context.settings.incident_pattern, value, alone=True)
        return answers.single(_run(context, caller, dry, [read])[0], read.faults)
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_EVENTS:
        return _broken(context, caller, dry, "batch-shape", "batch.shape")
    reads = [read_event(caller.client, context.settings.incident_pattern, each) for each in value]
    results = _run(context, caller, dry, reads)
    elements = [answers.element(i, r, d.faults) for i, (r, d) in enumerate(zip(results, reads, strict=True))]
    return answers.answer({"counts": answers.counts(results), "results": elements})


def _lines(context: PushContext, caller: Caller, dry: bool) -> Response:
    lines = [line for line in caller.body.split(b"\n") if line.strip()]
    if not 1 <= len(lines) <= MAX_EVENTS:  # counted before anything is read: four MiB hold two million lines
        return _broken(context, caller, dry, "batch-shape", "batch.shape")
    reads = [read_line(caller.client, context.settings.incident_pattern, line) for line in lines]
    results = _run(context, caller, dry, reads)
    told = (answers.element(i, r, d.faults) for i, (r, d) in enumerate(zip(results, reads, strict=True)))
    text = "".join(json.dumps(each, ensure_ascii=False, separators=(",", ":")) + "\n" for each in told)
    return Response(text, mimetype=LINES)


def _broken(context: PushContext, caller: Caller, dry: bool, code: str, rule: str) -> Response:
    """Keep a body that is no event and no batch, whole, and say what is wrong."""
    read = unreadable(caller.client, caller.body, rule)
    result = _run(context, caller, dry, [read])[0]
    response = answers.problem(code, [fault("", rule)], kept=None if dry else result.id)
    if result.entry:
        response.headers["Lookup-Entry"] = result.entry
    return response


def _run(context: PushContext, caller: Caller, dry: bool, reads: Sequence[Read]) -> list[Result]:
    results = accept_signed(context, caller.client, [read.arrival for read in reads], caller.nonce, dry=dry)
    if results is None:
        abort(answers.refuse(context, "signature-replayed", caller.client.id))
    return results
