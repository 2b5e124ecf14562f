"""Taking a source's list of a day (日清单), whole or in parts: each part once, in any order, true in what it says.

The web layer has authenticated the client and parsed the wire form before. Numbers never enter the ledger.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date

from lookup.domain.daylist import list_hash
from lookup.services.accept_events import try_again
from lookup.services.actors import client_token
from lookup.services.arrivals import Client
from lookup.services.authenticate_client import Nonce, spend
from lookup.services.compare_manifest import Compared, compared
from lookup.services.contexts import PushContext
from lookup.storage import manifests
from lookup.storage.database import Transaction, undone
from lookup.storage.lanes import Draft, append, now_us
from lookup.storage.manifests import ManifestRow

_HEAD = {"day": "/day", "unit": "/unit", "parts": "/parts", "total": "/count", "hash": "/hash"}


@dataclass(frozen=True, slots=True)
class Part:
    """Part `part` of `parts` of the list `name`; `count` and `hash` are said of the whole list, `unit` may be empty."""

    name: str
    day: date
    unit: str
    part: int
    parts: int
    count: int
    hash: str
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a part was not taken: a rule, and the JSON pointer of the member it is about."""

    pointer: str
    rule: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a part: accepted, duplicate, conflict or refused; `entry` is its ledger place."""

    outcome: str
    entry: str
    compared: Compared | None = None
    refusal: Refusal | None = None


def accept_manifest(
    context: PushContext, client: Client, part: Part, nonce: Nonce | None, *, dry: bool = False
) -> Receipt | None:
    """Take one part and compare the list as far as it has come; None for a replayed request.

    `dry`: the answer is the same, but nothing is kept of the part except its ledger entry. A part from
    a signed file has no `nonce`: such a file may come twice.

    A part that does not fit is kept nowhere; the entry of its refusal is. Two parts that begin a list at once meet
    at a unique key, and the later one starts again.
    """

    def once(conn: Transaction) -> Receipt | None:
        fresh = nonce is None or spend(conn, nonce)
        return _take(context, client, part, conn, dry) if fresh else None

    return try_again(context.database, once)


def refuse_manifest(context: PushContext, client: Client, rule: str) -> str:
    """Leave the entry of a part that could not be understood; returns its place."""
    token = client_token(context.settings.pepper, client.id)
    draft = Draft("push.manifest", "refused", token, None, None, {"client": client.id, "rule": rule})
    with context.database.write() as conn:
        return str(append(conn, context.pen, draft)[0])


def _take(context: PushContext, client: Client, part: Part, conn: Transaction, dry: bool) -> Receipt:
    with undone(conn) if dry else nullcontext():
        row = manifests.lock(conn, client.source, part.name)
        parts = manifests.parts_of(conn, row.id) if row else {}
        outcome, refusal = _judge(part, row, parts)
        if outcome == "accepted":
            row = _keep(conn, client, part, row, len(parts) + 1 == part.parts)
        found = None if row is None or refusal else compared(conn, row, client.units)
    draft = _draft(context, client, part, outcome, refusal, dry)
    return Receipt(outcome, str(append(conn, context.pen, draft)[0]), found, refusal)


def _judge(
    part: Part, row: ManifestRow | None, parts: Mapping[int, frozenset[str]]
) -> tuple[str, Refusal | None]:
    if row is not None:
        head = ManifestRow(0, "", "", part.name, *_said(part), 0, None)
        differing = [pointer for name, pointer in _HEAD.items() if getattr(row, name) != getattr(head, name)]
        if differing:
            return "conflict", Refusal(differing[0], "manifest.head")
    if part.part in parts:
        same = parts[part.part] == frozenset(part.numbers)
        return ("duplicate", None) if same else ("conflict", Refusal("/numbers", "manifest.part"))
    refusal = _untrue(part, parts)
    return ("refused", refusal) if refusal else ("accepted", None)


def _untrue(part: Part, parts: Mapping[int, frozenset[str]]) -> Refusal | None:
    """Return what the part, or the list that it completes, says wrongly of itself."""
    seen = set[str]().union(*parts.values())
    for index, number in enumerate(part.numbers):
        if number in seen:
            return Refusal(f"/numbers/{index}", "manifest.repeated")
        seen.add(number)
    whole = len(parts) + 1 == part.parts
    if len(seen) > part.count or (whole and len(seen) != part.count):
        return Refusal("/count", "manifest.count")
    if whole and list_hash(seen) != part.hash:
        return Refusal("/hash", "manifest.hash")
    return None


def _said(part: Part) -> tuple[str, str, int, int, str]:
    return part.day.isoformat(), part.unit, part.parts, part.count, part.hash


def _keep(conn: Transaction, client: Client, part: Part, row: ManifestRow | None, last: bool) -> ManifestRow:
    now = now_us()
    if row is None:
        row = ManifestRow(0, client.id, client.source, part.name, *_said(part), now, None)
        row = row._replace(id=manifests.add(conn, row))
    manifests.add_part(conn, row.id, part.part, now, part.numbers)
    if last:
        manifests.complete(conn, row.id, now)
    return row._replace(completed=now if last else None)


def _draft(
    context: PushContext, client: Client, part: Part, outcome: str, refusal: Refusal | None, dry: bool
) -> Draft:
    detail: dict[str, str | int] = {"client": client.id, "list": part.name, "day": part.day.isoformat()}
    detail |= {"part": part.part, "parts": part.parts, "numbers": len(part.numbers)}
    if part.unit:
        detail["unit"] = part.unit
    if dry:
        detail["dry_run"] = len(part.numbers)
    if refusal:
        detail["rule"] = refusal.rule
    return Draft(
        "push.manifest", outcome, client_token(context.settings.pepper, client.id), None, None, detail
    )
