"""The views that tell a source what is missing of what it sent."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Response

from lookup.domain.calendar import SHANGHAI
from lookup.domain.sequence import Gap
from lookup.services.authenticate_client import spend_alone
from lookup.services.follow_sequences import Standing
from lookup.services.list_gaps import own_gaps
from lookup.web.push import answers
from lookup.web.push.guard import context_of, signed
from lookup.web.push.signature import Caller

MOST_TOLD = 1000


@signed()
def gaps(caller: Caller) -> Response:
    """Say which numbers of the caller's sequence are missing; numbers are texts, as in events."""
    context, client = context_of(), caller.client
    if not spend_alone(context, caller.nonce):
        return answers.refuse(context, "signature-replayed", client.id)
    told = {"source": client.source, "grace": context.settings.gap_minutes}
    return answers.answer(told | _standing(own_gaps(context, client.source)))


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
    since = datetime.fromtimestamp(gap.since / 1_000_000, SHANGHAI).isoformat(timespec="seconds")
    return {"first": str(gap.first), "last": str(gap.last), "since": since}
