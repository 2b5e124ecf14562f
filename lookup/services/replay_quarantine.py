"""Judging refused events again, after a rulebook, a unit table or a client's scope was mended, or closing one by hand.

A replay goes through the very intake of a push: as the client that sent the event, with its id and its bytes.
Every act is a ledger entry of whoever did it, in the transaction of what it changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from lookup.domain.quarantine import REASONS, State, may_become
from lookup.domain.reference import report_token
from lookup.services.accept_events import accept_again, try_again
from lookup.services.arrivals import Arrival, Client, Result
from lookup.services.arrivals import Fault as Fault
from lookup.services.contexts import Judging
from lookup.services.sealing import unseal
from lookup.services.shelf import QUARANTINE_PURPOSE, Again
from lookup.storage import clients, quarantine
from lookup.storage.database import Transaction
from lookup.storage.lanes import Draft, append, now_us
from lookup.storage.quarantine import Item as Item
from lookup.storage.quarantine import Scope as Scope
from lookup.storage.quarantine import Sought as Sought

CHUNK = 100
"""Items in one transaction."""

Reader = Callable[[Client, bytes], Arrival]
"""Reads kept bytes as an event of a client, as the push surface does."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who replays or closes: 16-byte token, network prefix of a browser, and the items it may touch (None: all)."""

    token: bytes
    net: str | None = None
    scope: Scope | None = None


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of one item.

    `outcome`: accepted, waiting or duplicate (it has left), quarantined or conflict (it stays, `fault` says why),
    ended (something else had settled it meanwhile), barred (its client is suspended or expired).
    """

    item: int
    event: str
    outcome: str
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class Closing:
    """An item as it stands after somebody asked to close it; `now` says whether this very request closed it."""

    item: Item
    now: bool


def replay(context: Judging, actor: Actor, items: Sequence[int], read: Reader) -> list[Replayed]:
    """Judge these items again, oldest first, CHUNK in a transaction; unknown ones and those out of sight are left out.

    Of several refused events under one id only the newest is judged: taken, it settles the others.
    """
    with context.database.read() as conn:
        known = quarantine.some(conn, items, actor.scope)
    newest = {(item.source, item.event): item for item in known}
    chosen = sorted(newest.values(), key=lambda item: (item.client, item.id))
    done: list[Replayed] = []
    for client, group in groupby(chosen, key=lambda item: item.client):
        mine = list(group)
        for start in range(0, len(mine), CHUNK):
            done += _chunk(context, actor, client, mine[start : start + CHUNK], read)
    return sorted(done, key=lambda each: each.item)


def matching(context: Judging, sought: Sought, most: int | None = None) -> list[int]:
    """Return the ids of the open items that match, at most `most` of them, oldest first."""
    with context.database.read() as conn:
        return quarantine.ids(conn, replace(sought, state=State.OPEN.value), most)


def find(context: Judging, sought: Sought, limit: int) -> list[Item]:
    """Return at most `limit` items that match, newest first, for the command line."""
    with context.database.read() as conn:
        return quarantine.search(conn, sought, limit, below=quarantine.NEWEST)


def count(context: Judging, sought: Sought) -> int:
    """Return how many items match."""
    with context.database.read() as conn:
        return quarantine.count(conn, sought, quarantine.NEWEST)


def named(context: Judging, items: Sequence[int]) -> list[Item]:
    """Return those of these items that there are, by id, for the command line."""
    groups = [items[start : start + CHUNK] for start in range(0, len(items), CHUNK)]
    with context.database.read() as conn:
        return sorted(
            (item for group in groups for item in quarantine.some(conn, group)), key=lambda item: item.id
        )


def close(context: Judging, actor: Actor, id_: int, reason: str) -> Closing | Fault | None:
    """Close an open item with a reason of REASONS; None when there is none to be seen.

    One that has ended before stays as it is, with the reason that it has. Another reason is refused.
    """
    if reason not in REASONS:
        return Fault(
            "/reason", "reason", {"zh-Hans": "请选择一个关闭理由。", "en": "Choose one of the reasons."}
        )
    with context.database.write() as conn:
        item = quarantine.hold_one(conn, id_)
        if item is None or not quarantine.some(conn, [id_], actor.scope):
            return None
        if not may_become(State(item.state), State.CLOSED):
            return Closing(item, now=False)
        item = item._replace(state=State.CLOSED, ended=now_us(), reason=reason)
        quarantine.change(conn, [item])
        detail: dict[str, str | int] = {"client": item.client, "act": "close", "item": id_, "reason": reason}
        append(conn, context.pen, Draft("push.quarantine", "succeeded", actor.token, None, actor.net, detail))
    return Closing(item, now=True)


def _chunk(
    context: Judging, actor: Actor, client: str, items: Sequence[Item], read: Reader
) -> list[Replayed]:
    return try_again(context.database, lambda conn: _judge(context, actor, conn, client, items, read))


def _judge(
    context: Judging, actor: Actor, conn: Transaction, client: str, items: Sequence[Item], read: Reader
) -> list[Replayed]:
    row = clients.by_id(conn, client)
    if row is None or row.suspended or (row.expires is not None and row.expires <= now_us()):
        return [Replayed(item.id, item.event, "barred") for item in items]
    who = Client(row.id, row.name, row.units, row.kinds, row.source)
    again = [Again(_arrival(context, conn, who, item, read), item) for item in items]
    results = accept_again(context, who, conn, again)
    done = [_told(each.item, result) for each, result in zip(again, results, strict=True)]
    drafts = list(_drafts(context, actor, client, done, results))
    if drafts:
        append(conn, context.pen, *drafts)
    return done


def _arrival(context: Judging, conn: Transaction, client: Client, item: Item, read: Reader) -> Arrival:
    """Read an item as it came. What can not be read keeps the id and the bytes under which it lies."""
    body = unseal(context.settings.seal_key, QUARANTINE_PURPOSE, quarantine.sealed_body(conn, item.id))
    if body is None:
        raise RuntimeError("a refused event can not be opened: the seal key is not the one it was kept with")
    arrival = replace(read(client, body), body=body)
    return arrival if arrival.event else replace(arrival, source=item.source, id=item.event)


def _told(item: Item, result: Result | None) -> Replayed:
    if result is None:
        return Replayed(item.id, item.event, "ended")
    return Replayed(item.id, item.event, result.outcome, result.fault)


def _drafts(
    context: Judging, actor: Actor, client: str, done: Sequence[Replayed], results: Sequence[Result | None]
) -> Iterator[Draft]:
    for told, result in zip(done, results, strict=True):
        if result is None:
            continue
        number = result.incident
        report = report_token(context.settings.pepper, number) if number else None
        detail: dict[str, str | int] = {"client": client, "act": "replay", "item": told.item}
        if told.fault is not None:
            detail["rule"] = told.fault.rule
        outcome = "accepted" if told.outcome == "waiting" else told.outcome
        yield Draft("push.quarantine", outcome, actor.token, report, actor.net, detail)
