"""A source declares that missing numbers of its sequence were never used: each declaration once, never taken back.

It can hide nothing: every declaration is an entry, supervisors see all of them, and whatever comes under a declared
number later is taken as ever and shown as a contradiction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lookup.domain.sequence import Track, is_missing
from lookup.services.actors import client_token
from lookup.services.arrivals import Client
from lookup.services.authenticate_client import Nonce, spend
from lookup.services.contexts import PushContext
from lookup.services.follow_sequences import track_now
from lookup.storage import sequences, unused
from lookup.storage.database import Transaction
from lookup.storage.lanes import Draft, append, now_us
from lookup.storage.unused import Unused as Unused


@dataclass(frozen=True, slots=True)
class Claim:
    """Numbers `first` to `last`, and a code of UNUSED_REASONS."""

    first: int
    last: int
    reason: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a claim: accepted, duplicate, refused; `made` is the declaration, or the rule that forbids it."""

    outcome: str
    entry: str
    made: Unused | str


def declare_unused(
    context: PushContext, client: Client, claim: Claim, nonce: Nonce, *, dry: bool = False
) -> Receipt | None:
    """Take a declaration once; None for a replayed request. `dry`: the same answer, and only its entry is kept.

    Rules of a refusal: unused.came, unused.declared (some of the numbers), unused.gap (they are not missing).
    A source's declarations are judged one after another, so that no two overlap.
    """
    with context.database.write() as conn:
        return _take(context, client, claim, conn, dry) if spend(conn, nonce) else None


def _take(context: PushContext, client: Client, claim: Claim, conn: Transaction, dry: bool) -> Receipt:
    unused.alone(conn, client.source)  # else two that overlap would not see each other
    track, _ = track_now(conn, client.source)
    before = unused.within(conn, client.source, claim.first, claim.last)
    same = [row for row in before if Claim(row.first, row.last, row.reason) == claim]
    rule = None if same else _refusal(conn, client.source, claim, track, before)
    outcome = "duplicate" if same else "refused" if rule else "accepted"
    entry = str(append(conn, context.pen, _draft(context, client, claim, outcome, rule, dry))[0])
    if rule is not None or same:
        return Receipt(outcome, entry, rule or same[0])
    made = Unused(0, client.id, client.source, claim.first, claim.last, claim.reason, now_us(), entry)
    if not dry:
        unused.add(conn, made)
    return Receipt(outcome, entry, made)


def _refusal(
    conn: Transaction, source: str, claim: Claim, track: Track | None, before: Sequence[Unused]
) -> str | None:
    if track is None or claim.first < track.first or claim.last > track.last:
        return "unused.gap"
    if is_missing(track, claim.first, claim.last):
        return None
    came = sequences.inside(conn, source, [(claim.first, claim.last)])
    return "unused.came" if came else "unused.declared" if before else "unused.gap"


def _draft(
    context: PushContext, client: Client, claim: Claim, outcome: str, rule: str | None, dry: bool
) -> Draft:
    detail: dict[str, str | int] = {"client": client.id, "range": f"{claim.first}-{claim.last}"}
    detail |= {"reason": claim.reason} | ({"rule": rule} if rule else {}) | ({"dry_run": 1} if dry else {})
    token = client_token(context.settings.pepper, client.id)
    return Draft("push.unused", outcome, token, None, None, detail)
