"""What a source may do with its own refused events: find them, and withdraw one that should never have been sent."""

from __future__ import annotations

from dataclasses import replace

from lookup.domain.quarantine import State, may_become
from lookup.services.actors import client_token
from lookup.services.arrivals import Client
from lookup.services.authenticate_client import Nonce, spend
from lookup.services.contexts import PushContext
from lookup.storage import quarantine
from lookup.storage.database import Transaction
from lookup.storage.lanes import Draft, append, now_us
from lookup.storage.quarantine import Item as Item
from lookup.storage.quarantine import Sought as Sought

REPLAYED = "signature-replayed"
MISSING = "not-found"


def find_own(
    context: PushContext, client: Client, nonce: Nonce, sought: Sought, above: int, limit: int
) -> list[Item] | str:
    """Return up to `limit` of the client's items with an id above `above`, oldest first; looking is an entry.

    REPLAYED, and nothing was looked up, when the nonce was used before.
    """
    with context.database.write() as conn:
        if not spend(conn, nonce):
            return REPLAYED
        found = quarantine.search(conn, replace(sought, client=client.id), limit, above=above)
        _enter(context, conn, client, "released", {"act": "list", "count": len(found)})
    return found


def withdraw_own(context: PushContext, client: Client, nonce: Nonce, id_: int) -> Item | str:
    """Withdraw an open item of the client; returns it as it stands now. One that has ended before stays as it is.

    MISSING when the client has no such item, REPLAYED when the nonce was used before.
    """
    with context.database.write() as conn:
        if not spend(conn, nonce):
            return REPLAYED
        item = quarantine.hold_one(conn, id_)
        if item is None or item.client != client.id:
            _enter(context, conn, client, "refused", {"act": "withdraw"})
            return MISSING
        if may_become(State(item.state), State.WITHDRAWN):
            item = item._replace(state=State.WITHDRAWN, ended=now_us())
            quarantine.change(conn, [item])
        _enter(context, conn, client, "succeeded", {"act": "withdraw", "item": item.id})
    return item


def _enter(
    context: PushContext, conn: Transaction, client: Client, outcome: str, detail: dict[str, str | int]
) -> None:
    actor = client_token(context.settings.pepper, client.id)
    append(
        conn,
        context.pen,
        Draft("push.quarantine", outcome, actor, None, None, {"client": client.id} | detail),
    )
