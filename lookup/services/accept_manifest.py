"""Taking a source's list of a day (日清单), whole or in parts: each part once, in any order, true in what it says.

The web layer has authenticated the client and parsed the wire form before. Numbers never enter the ledger.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from lookup.domain.daylist import list_hash
from lookup.services.actors import client_token
from lookup.services.arrivals import Client
from lookup.services.authenticate_client import Nonce, is_used, spend
from lookup.services.compare_manifest import TURN, TURN_S, Compared, compared
from lookup.services.contexts import PushContext
from lookup.services.turns import in_turn
from lookup.storage import manifests
from lookup.storage.database import TakenError, Transaction
from lookup.storage.lanes import Draft, append, now_us
from lookup.storage.manifests import ManifestRow

_TRIES = 4
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

    A part that does not fit is kept nowhere; the entry of its refusal is. Each is judged and compared before anything
    is written, so that nobody waits meanwhile, and again when another part of its list has come in between, in the
    end with the list locked.
    """
    with in_turn(TURN, TURN_S):
        for remaining in reversed(range(_TRIES)):
            with context.database.snapshot() as conn:
                if nonce is not None and is_used(conn, nonce):
                    return None
                look = _look(conn, client, part)
            with suppress(TakenError), context.database.write() as conn:
                if not _stands(conn, client, part, look):
                    if remaining:
                        continue
                    look = _look(conn, client, part)
                fresh = nonce is None or spend(conn, nonce)
                return _take(context, client, part, conn, look, dry) if fresh else None
    raise TakenError


def refuse_manifest(context: PushContext, client: Client, rule: str) -> str:
    """Leave the entry of a part that could not be understood; returns its place."""
    token = client_token(context.settings.pepper, client.id)
    draft = Draft("push.manifest", "refused", token, None, None, {"client": client.id, "rule": rule})
    with context.database.write() as conn:
        return str(append(conn, context.pen, draft)[0])


@dataclass(frozen=True, slots=True)
class _Look:
    """A part beside what was there of its list: the head, which parts, what is to become of this one."""

    row: ManifestRow | None
    came: frozenset[int]
    outcome: str
    refusal: Refusal | None
    compared: Compared | None


def _look(conn: Transaction, client: Client, part: Part) -> _Look:
    row = manifests.find(conn, client.source, part.name)
    parts = manifests.parts_of(conn, row.id) if row else {}
    outcome, refusal = _judge(part, row, parts)
    whole = parts | {part.part: frozenset(part.numbers)}
    found = None if refusal else compared(conn, row or _head(client, part), client.units, whole)
    return _Look(row, frozenset(parts), outcome, refusal, found)


def _stands(conn: Transaction, client: Client, part: Part, look: _Look) -> bool:
    """Lock the list and say whether it is as it was looked at; parts only ever come."""
    row = manifests.lock(conn, client.source, part.name)
    if row is None or look.row is None:
        return row is look.row
    return manifests.came(conn, row.id) == look.came


def _take(
    context: PushContext, client: Client, part: Part, conn: Transaction, look: _Look, dry: bool
) -> Receipt:
    if look.outcome == "accepted" and not dry:
        _keep(conn, client, part, look.row, len(look.came) + 1 == part.parts)
    draft = _draft(context, client, part, look.outcome, look.refusal, dry)
    return Receipt(look.outcome, str(append(conn, context.pen, draft)[0]), look.compared, look.refusal)


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


def _head(client: Client, part: Part) -> ManifestRow:
    return ManifestRow(0, client.id, client.source, part.name, *_said(part), now_us(), None)


def _keep(conn: Transaction, client: Client, part: Part, row: ManifestRow | None, last: bool) -> None:
    now = now_us()
    id_ = row.id if row else manifests.add(conn, _head(client, part))
    manifests.add_part(conn, id_, part.part, now, part.numbers)
    if last:
        manifests.complete(conn, id_, now)


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
