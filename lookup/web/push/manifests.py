"""The views that take a source's lists of a day and tell how they compare; what is asked leaves an entry first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from flask import Response, abort, g, request

from lookup.services.accept_manifest import Receipt, accept_manifest
from lookup.services.arrivals import Fault
from lookup.services.compare_manifest import Compared, Digest
from lookup.services.show_manifest import Day, show_digests, show_manifest
from lookup.services.show_waiting import Waiting, show_waiting
from lookup.web.push import answers
from lookup.web.push.faults import fault
from lookup.web.push.guard import context_of, signed
from lookup.web.push.manifest_wire import NAME, read_manifest, read_span
from lookup.web.push.posted import posted
from lookup.web.push.signature import Caller

ACTION = "push.manifest"
MOST_TOLD = 10_000
T = TypeVar("T")


@signed("dry_run")
def post(caller: Caller) -> Response:
    """Take one part of a list, or the whole."""
    value, dry = posted(caller, ACTION)
    part = read_manifest(caller.client, context_of().settings.incident_pattern, value)
    if isinstance(part, list):
        return _refuse(caller, "manifest-refused", part)
    receipt = accept_manifest(context_of(), caller.client, part, caller.nonce, dry=dry)
    return _replayed(caller) if receipt is None else _receipt(receipt)


@signed()
def get(caller: Caller, name: str) -> Response:
    """Compare one of the caller's lists with what has come up to now."""
    if not NAME.fullmatch(name):
        return _refuse(caller, "not-found:list")
    found = show_manifest(context_of(), caller.client, name, caller.nonce)
    if found is None:
        return _replayed(caller)
    g.entry = found.entry
    return (
        answers.problem("not-found:list") if found.compared is None else answers.answer(told(found.compared))
    )


@signed("day", "until", "unit")
def digests(caller: Caller) -> Response:
    """Tell count and hash of what has come of each day and unit."""
    days, g.entry = _over_days(caller, show_digests)
    return answers.answer({"source": caller.client.source, "days": [_day(day) for day in days]})


@signed("day", "until", "unit")
def waiting(caller: Caller) -> Response:
    """Tell which of the caller's events wait, on reports of some days."""
    steps, more, g.entry = _over_days(caller, show_waiting)
    told = {"waiting": [_waiting(each) for each in steps[:MOST_TOLD]], "more": more or len(steps) > MOST_TOLD}
    return answers.answer({"source": caller.client.source} | told)


def _over_days(caller: Caller, ask: Callable[..., T | None]) -> T:
    """Ask about the days and the unit that the query names; the refusal ends the request."""
    span = read_span(caller.client, request.args)
    if isinstance(span, list):
        abort(_refuse(caller, "bad-request", span))
    found = ask(context_of(), caller.client, span.first, span.last, span.unit, caller.nonce)
    if found is None:
        abort(_replayed(caller))
    return found


def _waiting(each: Waiting) -> dict[str, Any]:
    step = each.step
    told: dict[str, Any] = {"id": step.id, "incident": each.incident, "type": f"lookup.{step.kind}"}
    times = {"time": step.at.isoformat(), "entered_at": step.entered_at.isoformat()}
    optional = {"case": step.case, "from": step.from_, "to": step.to}
    told |= times | {name: value for name, value in optional.items() if value}
    found = each.lacking
    before: dict[str, Any] = {"before": found.before} if found.before else {}
    return told | {"stands": found.stands, "lacks": found.lack} | before


def _refuse(caller: Caller, code: str, faults: Sequence[Fault] = ()) -> Response:
    return answers.refuse_signed(context_of(), caller, code, faults, ACTION)


def _replayed(caller: Caller) -> Response:
    return answers.refuse(context_of(), "signature-replayed", caller.client.id, action=ACTION)


def _receipt(receipt: Receipt) -> Response:
    g.entry = receipt.entry
    if receipt.refusal is not None or receipt.compared is None:
        code = "manifest-conflict" if receipt.outcome == "conflict" else "manifest-refused"
        faults = [fault(receipt.refusal.pointer, receipt.refusal.rule)] if receipt.refusal else []
        return answers.problem(code, faults)
    response = answers.answer(told(receipt.compared), 202 if receipt.compared.absent else 200)
    if receipt.outcome == "duplicate":
        response.headers["Lookup-Repeated"] = "true"
    return response


def told(found: Compared) -> dict[str, Any]:
    """Return how a list compares, as it is answered."""
    row, result = found.row, found.comparison
    head: dict[str, Any] = {"manifest": row.name, "source": row.source, "day": row.day}
    if row.unit:
        head["unit"] = row.unit
    head |= {"state": found.state, "parts": row.parts, "absent_parts": list(found.absent)}
    if found.newer:
        head["replaced_by"] = found.newer.name
    counts = {"listed": row.total, "received": found.ours}
    if result is None:
        return head | {"counts": counts}
    lists = {
        "not_received": result.not_received,
        "not_listed": result.not_listed,
        "elsewhere": result.elsewhere,
    }
    counts |= {name: len(numbers) for name, numbers in lists.items()}
    return head | {"counts": counts} | {name: numbers[:MOST_TOLD] for name, numbers in lists.items()}


def _day(day: Day) -> dict[str, Any]:
    units = [{"unit": each.unit, **_digest(each)} for each in day.units]
    return {"day": day.day.isoformat(), **_digest(day.all), "units": units}


def _digest(found: Digest) -> dict[str, Any]:
    return {"count": found.count, "hash": found.hash}
