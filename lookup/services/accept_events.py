"""Taking state events (状态事件) from a police system: each once, in any order, nothing signed is ever dropped.

One transaction for all arrivals: events, projections, second facts, quarantine and ledger entries stand or
fall together. The web layer has authenticated the client and parsed the wire form before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from threading import Lock
from typing import NamedTuple, TypeVar

from lookup.domain.reference import report_token
from lookup.services.arrivals import Arrival, Client, Result
from lookup.services.authenticate_client import Nonce, spend_all
from lookup.services.contexts import Judging, PushContext
from lookup.services.intake import Intake
from lookup.services.references import Reference, issue
from lookup.services.shelf import Again
from lookup.services.turns import in_turn
from lookup.storage.database import Collision, Database, Transaction, Unsettled
from lookup.storage.sharing import PLACES, Queues

T = TypeVar("T")
_TRIES = 8
"""Each time another has committed an incident that was to be new; batches from many connections may race so."""
_PATIENCE_S = 0.02
"""Whoever has waited so long for others of its client goes on beside them: they may wait for somebody's lock."""


class Signed(NamedTuple):
    """What one signed request carries."""

    nonce: Nonce
    arrivals: Sequence[Arrival]


_queues: Queues[Signed, list[Result] | None] = Queues(PLACES, _PATIENCE_S)
"""One queue a client, not one for all: each transaction locks its incidents in one order."""
_turn = Lock()
"""Batches and rehearsals of one process go through the database one after the other, however many connections a source
opens: that push gives way does not reach its backends there, and citizens wait behind each that is at work."""
_TURN_S = 5.0
"""A batch that has waited so long goes on beside the one at work, which may hang."""


def accept_events(context: PushContext, client: Client, arrivals: Sequence[Arrival]) -> list[Result]:
    """Take all arrivals of one client in one durable transaction and answer each in order.

    Two clients that create the same incident at once meet at a unique key; the later one starts again.
    """
    return try_again(
        context.database, lambda conn: _referred(context, Intake(context, client, conn, arrivals).run())
    )


def accept_signed(
    context: PushContext, client: Client, arrivals: Sequence[Arrival], nonce: Nonce, *, dry: bool = False
) -> list[Result] | None:
    """Take (`dry`: only rehearse) what a signed request carries and use up its nonce in the same transaction.

    None for a replay: nothing was judged and nothing is kept. A refused or quarantined event has used up its nonce.
    Single events of one client that come at the same time share a transaction; all else in a process takes turns.
    """
    asked = Signed(nonce, arrivals)
    if dry or len(arrivals) != 1:
        with in_turn(_turn, _TURN_S):
            return _alone(context, client, asked, dry=dry)
    try:
        return _queues.of(context.database, client).ask(asked, partial(_together, context, client))
    except Unsettled:
        raise
    except Exception:  # whatever one of them did to its group, it does not harm the others
        return _alone(context, client, asked)


def _alone(context: PushContext, client: Client, asked: Signed, *, dry: bool = False) -> list[Result] | None:
    return _together(context, client, [asked], dry=dry)[0]


def _together(
    context: PushContext, client: Client, asked: Sequence[Signed], *, dry: bool = False
) -> list[list[Result] | None]:
    """Take what several requests of one client carry in one transaction, as if each had come alone, in this order."""

    def once(conn: Transaction) -> list[list[Result] | None]:
        fresh = spend_all(conn, [each.nonce for each in asked])
        arrivals = [a for each, new in zip(asked, fresh, strict=True) if new for a in each.arrivals]
        if not arrivals:
            return [None] * len(asked)
        intake = Intake(context, client, conn, arrivals)
        results = iter(intake.rehearse() if dry else _referred(context, intake.run()))
        shares = zip(asked, fresh, strict=True)
        return [list(islice(results, len(each.arrivals))) if new else None for each, new in shares]

    return try_again(context.database, once)


def accept_again(
    context: Judging, client: Client, conn: Transaction, again: Sequence[Again]
) -> list[Result | None]:
    """Judge kept events of one client once more exactly as a push would, in the caller's transaction.

    What is taken ends its item; what is refused again stays, with its new reason. The caller writes the entries
    of the replay itself; those of items that were settled on the way are written here.
    """
    return Intake(
        context, client, conn, [each.arrival for each in again], [each.item for each in again]
    ).replay()


def _referred(context: PushContext, results: list[Result]) -> list[Result]:
    """Add the reference to each result that brings one."""
    return [
        replace(result, reference=_reference(context, result.incident, result.generation))
        if result.incident is not None and result.generation is not None
        else result
        for result in results
    ]


def _reference(context: PushContext, number: str, generation: int) -> Reference:
    return issue(context.settings, number, report_token(context.settings.pepper, number), generation)


def try_again(database: Database, work: Callable[[Transaction], T]) -> T:
    """Do some work in a transaction, from the beginning once more when another one took a key that it needs."""
    for remaining in reversed(range(_TRIES)):
        try:
            with database.write() as conn:
                return work(conn)
        except Collision:
            if remaining == 0:
                raise
    raise AssertionError("unreachable")
