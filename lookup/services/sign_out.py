"""Ending a pass before its time: from now on it opens nothing, wherever a copy of it may be."""

from __future__ import annotations

from lookup.domain.budget import network_prefix
from lookup.services.actors import citizen_token
from lookup.services.contexts import CitizenContext
from lookup.services.passes import Pass
from lookup.storage.budgets import spend
from lookup.storage.lanes import Draft, append, now_us

_LIFETIME_US = 2 * 3_600_000_000  # longer than any pass can live


def sign_out(context: CitizenContext, pass_: Pass, address: str) -> None:
    """Revoke `pass_`; doing it twice is no error and leaves two entries."""
    actor = citizen_token(context.settings.pepper, pass_.report, pass_.tier)
    draft = Draft("lookup.signout", "succeeded", actor, pass_.report, network_prefix(address, 48))
    with context.database.write() as conn:
        spend(conn, pass_.id, now_us() + _LIFETIME_US)
        append(conn, context.pen, draft)
