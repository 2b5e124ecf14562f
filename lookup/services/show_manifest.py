"""A source asks about its own lists and days; numbers are in the answer, so that asking leaves an entry first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from lookup.services.actors import client_token
from lookup.services.arrivals import Client
from lookup.services.authenticate_client import Nonce, is_used, spend
from lookup.services.compare_manifest import TURN, TURN_S, Compared, Digest, compared, digests
from lookup.services.contexts import PushContext
from lookup.services.turns import in_turn
from lookup.storage import manifests
from lookup.storage.database import Transaction
from lookup.storage.lanes import Draft, append


@dataclass(frozen=True, slots=True)
class Answer:
    """A list compared now (None: no such list), and the ledger place of the question."""

    compared: Compared | None
    entry: str


@dataclass(frozen=True, slots=True)
class Day:
    """What a source has told of a day: all of it, and by the unit that told first."""

    day: date
    all: Digest
    units: tuple[Digest, ...]


def show_manifest(context: PushContext, client: Client, name: str, nonce: Nonce) -> Answer | None:
    """Return the client's list of this name, compared now; None for a replayed request."""
    with in_turn(TURN, TURN_S):
        with context.database.snapshot() as conn:
            if is_used(conn, nonce):
                return None
            row = manifests.find(conn, client.source, name)
            parts = {} if row is None else manifests.parts_of(conn, row.id)
            found = None if row is None else compared(conn, row, client.units, parts)
        # What is no list's name may be anything, a person's too.
        outcome, told = ("refused", {}) if found is None else ("released", {"list": name})
        place = enter(context, client, nonce, outcome, told)
    return None if place is None else Answer(found, place)


def show_digests(
    context: PushContext, client: Client, first: date, last: date, unit: str, nonce: Nonce
) -> tuple[tuple[Day, ...], str] | None:
    """Return the digests of every day from `first` to `last` and the entry's place; None for a replayed request."""
    detail = {"since": first.isoformat(), "until": last.isoformat()} | ({"unit": unit} if unit else {})
    with context.database.snapshot() as conn:
        if is_used(conn, nonce):
            return None
        count = (last - first).days + 1
        days = tuple(_day(conn, client, first + timedelta(days=each), unit) for each in range(count))
    place = enter(context, client, nonce, "released", detail)
    return None if place is None else (days, place)


def _day(conn: Transaction, client: Client, day: date, unit: str) -> Day:
    return Day(day, *digests(conn, client.source, day, unit))


def enter(
    context: PushContext, client: Client, nonce: Nonce, outcome: str, detail: Mapping[str, str]
) -> str | None:
    """Use up the nonce of a question about what came and leave its entry, at the end, so that others wait for neither.

    Returns the entry's place; None for a replay, and then nothing may be told.
    """
    token = client_token(context.settings.pepper, client.id)
    draft = Draft("push.manifest", outcome, token, None, None, {"client": client.id} | dict(detail))
    with context.database.write() as conn:
        return str(append(conn, context.pen, draft)[0]) if spend(conn, nonce) else None
