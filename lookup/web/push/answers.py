"""What the push surface says: results of events, and problems. Bytes depend only on what is said."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from flask import Response, g, request
from flask_limiter import RateLimitExceeded
from werkzeug.exceptions import HTTPException

from lookup.services.actors import client_token
from lookup.services.arrivals import Fault, Result
from lookup.services.authenticate_client import spend_alone
from lookup.services.contexts import PushContext
from lookup.services.note_attempt import note
from lookup.web.network import address
from lookup.web.push.details import problem_of
from lookup.web.push.problems import Problem
from lookup.web.push.signature import ACCEPT_SIGNATURE, Caller

RETRY_S = 5
REFUSED_SCOPE = "failures"
"""Name of the limit that counts refused signatures."""

_STATUS = {"accepted": 200, "waiting": 202}


def answer(value: Any, status: int = 200, media: str = "application/json") -> Response:
    """Return `value` as compact JSON in UTF-8."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Response(text, status, mimetype=media)


def single(result: Result, faults: Sequence[Fault]) -> Response:
    """Return the answer to one event; a repetition gets the bytes of the first answer."""
    if result.outcome == "conflict":
        response = problem("conflict", faults or _of(result), kept=_kept(result))
    elif result.outcome == "quarantined":
        response = problem("event-refused", faults or _of(result), kept=_kept(result))
    else:
        response = answer(_told(result, result.original), _STATUS[result.original])
    if result.outcome == "duplicate":
        response.headers["Lookup-Repeated"] = "true"
    if result.entry:
        response.headers["Lookup-Entry"] = result.entry
    return response


def element(index: int, result: Result, faults: Sequence[Fault]) -> dict[str, Any]:
    """Return one result of a batch; `first` is what was answered when a repeated event came the first time."""
    told: dict[str, Any] = {"index": index} | _told(result, result.outcome)
    if result.outcome == "duplicate":
        told["first"] = result.original
    found = faults or _of(result)
    if found:
        told["errors"] = [error(each) for each in found]
    if result.entry:
        told["entry"] = result.entry
    return told


def counts(results: Iterable[Result]) -> dict[str, int]:
    """Return how many results have each outcome."""
    totals = dict.fromkeys(("accepted", "waiting", "duplicate", "conflict", "quarantined"), 0)
    for result in results:
        totals[result.outcome] += 1
    return totals


def error(fault: Fault) -> dict[str, Any]:
    """Return one fault: JSON pointer into the event, rule, text per language, article when a law says so."""
    told: dict[str, Any] = {"pointer": fault.field, "rule": fault.rule, "text": dict(fault.text)}
    if fault.article:
        told["article"] = fault.article
    return told


def problem(
    code: str,
    faults: Sequence[Fault] = (),
    *,
    kept: str | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """Return a problem document in the language asked for (zh-Hans when none is).

    `kept` is the event id under which the quarantine holds what was sent.
    """
    kind = problem_of(code)
    english = request.accept_languages.best_match(["zh", "zh-Hans", "zh-CN", "en"], "zh") == "en"
    told: dict[str, Any] = {
        "type": kind.type,
        "title": kind.title_en if english else kind.title,
        "status": kind.status,
        "detail": kind.todo_en if english else kind.todo,
    }
    if faults:
        told["errors"] = [error(each) for each in faults]
    if kept is not None:
        told |= {"quarantined": True, "id": kept}
    response = answer(told, kind.status, "application/problem+json")
    response.headers["Content-Language"] = "en" if english else "zh-Hans"
    response.headers.extend(_for(kind) | (headers or {}))
    return response


def refuse(
    context: PushContext,
    code: str,
    client: str | None = None,
    headers: dict[str, str] | None = None,
    faults: Sequence[Fault] = (),
    action: str = "push.event",
    actor: bytes | None = None,
) -> Response:
    """Return a problem that no use case has recorded, after leaving its ledger entry, of a stranger without `actor`."""
    kind = problem_of(code).code
    outcome = "limited" if kind == "limited" else "refused"
    detail = {"rule": faults[0].rule if faults else kind} | ({"client": client} if client else {})
    g.entry = note(context, action, outcome, address(), detail, actor)
    return problem(code, faults, headers=headers)


def refuse_signed(
    context: PushContext,
    caller: Caller,
    code: str,
    faults: Sequence[Fault] = (),
    action: str = "push.event",
) -> Response:
    """Refuse an admitted caller before any use case: its nonce is spent first, and a replay is refused as one.

    The entry is the caller's own, but not that of a replay: anybody can send again what was once sent.
    """
    id_ = caller.client.id
    if not spend_alone(context, caller.nonce):
        return refuse(context, "signature-replayed", id_, action=action)
    own = client_token(context.settings.pepper, id_)
    return refuse(context, code, id_, faults=faults, action=action, actor=own)


def code_of(fault: HTTPException) -> str:
    """Return the problem code for what Flask or Werkzeug raised."""
    known = {404: "not-found", 405: "method", 413: "too-large", 415: "media-type", 429: "limited"}
    if isinstance(fault, RateLimitExceeded) and fault.limit.scope == REFUSED_SCOPE:
        return "limited:refused"
    return known.get(fault.code or 400, "bad-request")


def _told(result: Result, outcome: str) -> dict[str, Any]:
    told: dict[str, Any] = {"source": result.source, "id": result.id, "outcome": outcome}
    if result.incident is not None:
        told["incident"] = result.incident
    if result.reference is not None:
        told["reference"] = {"code": result.reference.code, "link": result.reference.link}
    return told


def _kept(result: Result) -> str | None:
    """Return the id under which a refused event is kept; nothing is kept of a rehearsal."""
    return result.id if result.entry else None


def _of(result: Result) -> tuple[Fault, ...]:
    return (result.fault,) if result.fault else ()


def _for(kind: Problem) -> dict[str, str]:
    if kind.status == 401:
        return {"WWW-Authenticate": 'Signature realm="lookup-push"', "Accept-Signature": ACCEPT_SIGNATURE}
    return {"Retry-After": str(RETRY_S)} if kind.status in (429, 503) else {}
