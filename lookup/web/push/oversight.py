"""The views that tell a source what is missing of its sequence, and take its word that numbers were never used."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Response, g

from lookup.domain.calendar import SHANGHAI
from lookup.domain.sequence import Gap
from lookup.services.authenticate_client import spend_alone
from lookup.services.declare_unused import Receipt, Unused, declare_unused
from lookup.services.follow_sequences import Standing
from lookup.services.list_gaps import Declared, own_declared, own_gaps
from lookup.web.push import answers
from lookup.web.push.faults import fault
from lookup.web.push.guard import context_of, signed
from lookup.web.push.posted import posted
from lookup.web.push.signature import Caller
from lookup.web.push.unused_wire import read_claim

ACTION = "push.unused"
MOST_TOLD, MOST_DECLARED, MOST_CAME = 1000, 100, 100


@signed()
def gaps(caller: Caller) -> Response:
    """Say which numbers of the caller's sequence are missing; numbers are texts, as in events."""
    context, client = context_of(), caller.client
    if not spend_alone(context, caller.nonce):
        return answers.refuse(context, "signature-replayed", client.id)
    told = {"source": client.source, "grace": context.settings.gap_minutes}
    total, declared = own_declared(context, client.source, MOST_DECLARED)
    unused = {"unused": total, "declared": [_declared(each) for each in declared]}
    return answers.answer(told | _standing(own_gaps(context, client.source)) | unused)


@signed("dry_run")
def declare(caller: Caller) -> Response:
    """Take the caller's word that missing numbers were never used."""
    value, dry = posted(caller, ACTION)
    claim = read_claim(caller.client, value)
    if isinstance(claim, list):
        return answers.refuse_signed(context_of(), caller, "unused-refused", claim, ACTION)
    receipt = declare_unused(context_of(), caller.client, claim, caller.nonce, dry=dry)
    if receipt is None:
        return answers.refuse(context_of(), "signature-replayed", caller.client.id, action=ACTION)
    return _receipt(receipt)


def _receipt(receipt: Receipt) -> Response:
    g.entry = receipt.entry
    if isinstance(receipt.made, str):
        return answers.problem("unused-refused", [fault("/first", receipt.made)])
    response = answers.answer({"source": receipt.made.source} | _said(receipt.made))
    if receipt.outcome == "duplicate":
        response.headers["Lookup-Repeated"] = "true"
    return response


def _standing(found: Standing | None) -> dict[str, Any]:
    if found is None:
        return {"first": None, "last": None, "missing": 0, "settling": 0, "gaps": [], "more": False}
    return {
        "first": str(found.first),
        "last": str(found.last),
        "missing": found.missing,
        "settling": found.settling,
        "gaps": [_gap(gap) for gap in found.gaps[:MOST_TOLD]],
        "more": found.stopped or len(found.gaps) > MOST_TOLD,
    }


def _gap(gap: Gap) -> dict[str, str]:
    return {"first": str(gap.first), "last": str(gap.last), "since": _time(gap.since)}


def _declared(each: Declared) -> dict[str, Any]:
    return _said(each.row) | {"came": [str(number) for number in each.came[:MOST_CAME]]}


def _said(row: Unused) -> dict[str, Any]:
    numbers = {"first": str(row.first), "last": str(row.last)}
    return numbers | {"reason": row.reason, "declared_at": _time(row.declared)}


def _time(us: int) -> str:
    return datetime.fromtimestamp(us / 1_000_000, SHANGHAI).isoformat(timespec="seconds")
