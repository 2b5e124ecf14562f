"""Receipts (回执): a tlog-proof@v1 of one ledger entry, for whoever was told its capability; verifiable offline."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Protocol

from lookup.ledger.entry import Row, b64u, body_of_row
from lookup.ledger.policy import Policy, accept, parse_policy
from lookup.ledger.proof import receipt
from lookup.ledger.wire import VerificationError
from lookup.services.log_key import check_ed25519
from lookup.services.transparency import note_of
from lookup.services.tree import inclusion
from lookup.storage import cosignatures, entries, segments, sequencing
from lookup.storage.database import Database, Transaction, digest_of
from lookup.storage.sequencing import CheckpointRow

_LOOKED_AT = 20


class ReceiptSettings(Protocol):
    """The settings that receipts need."""

    @property
    def pepper(self) -> bytes:
        """Key of the capabilities."""

    @property
    def policy(self) -> str:
        """The policy file's text; empty: any signed checkpoint will do."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Not in a (sufficiently cosigned) checkpoint yet: ask again in a second."""


@dataclass(frozen=True, slots=True)
class Archived:
    """The entry is in the archive segment [lo, hi) only."""

    lo: int
    hi: int


def capability(settings: ReceiptSettings, place: str, what: str = "receipt") -> str:
    """Return what lets its holder fetch the receipt (or with `what` "opening" the restricted part) of an entry."""
    return b64u(hmac.digest(settings.pepper, f"{what}\0{place}".encode(), "sha256")[:16])


def is_capable(settings: ReceiptSettings, place: str, given: str, what: str = "receipt") -> bool:
    """Say whether `given` is the capability for an entry's place; in constant time."""
    return hmac.compare_digest(capability(settings, place, what).encode(), given.encode())


def watched(settings: ReceiptSettings) -> list[str]:
    """Return the names of the policy's witnesses that the log asks to cosign."""
    policy = parse_policy(settings.policy.encode()) if settings.policy else Policy()
    return [name.decode() for name, witness in policy.witnesses.items() if witness.url]


def make_receipt(
    database: Database, settings: ReceiptSettings, writer: int, seq: int
) -> bytes | Waiting | Archived:
    """Return the receipt of the entry at a place under the newest checkpoint that satisfies the policy."""
    with database.read() as conn:
        index = entries.index_of(conn, writer, seq)
        if index is None:
            return Waiting()
        row = entries.get(conn, writer, seq)
        if row is None or index < segments.minimum(conn):
            held = segments.holding(conn, index)
            return Archived(held.lo, held.hi) if held else Waiting()
        return _under_checkpoint(conn, settings, row, index)


def _under_checkpoint(conn: Transaction, settings: ReceiptSettings, row: Row, index: int) -> bytes | Waiting:
    policy = parse_policy(settings.policy.encode()) if settings.policy else Policy()
    head = satisfying(conn, policy, index)
    if head is None:
        return Waiting()
    proof = inclusion(conn, index, head.size)
    return receipt(body_of_row(row, digest_of(conn)), index, proof, note_of(conn, head))


def satisfying(conn: Transaction, policy: Policy, index: int) -> CheckpointRow | None:
    """Return the newest checkpoint over an index that has the policy's quorum; None while there is none."""
    if policy.quorum is None:
        head = sequencing.latest_checkpoint(conn)
        return head if head is not None and head.size > index else None
    for head in cosignatures.cosigned(conn, index, _LOOKED_AT):
        try:
            accept(note_of(conn, head), policy, check_ed25519)
        except VerificationError:
            continue
        return head
    return None


def opening(database: Database, writer: int, seq: int) -> dict[str, str] | None:
    """Return salt (base64url), net and detail of an entry; None when it is unknown or was erased."""
    with database.read() as conn:
        row = entries.get(conn, writer, seq)
    if row is None or row.salt is None:
        return None
    parts = {"salt": b64u(row.salt), "n": row.net, "d": row.detail}
    return {name: value for name, value in parts.items() if value is not None}
