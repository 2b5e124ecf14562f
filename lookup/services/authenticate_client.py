"""Who signed a push: the key and its client, whether both may act now, and each nonce only once.

The web layer checks the signature itself, after `find` and before it looks at `denial`: nobody without the private
key learns whether a key is revoked or a client suspended.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lookup.services.arrivals import Client
from lookup.services.contexts import PushContext
from lookup.services.sealing import unseal
from lookup.storage import clients
from lookup.storage.clients import ClientRow, KeyRow
from lookup.storage.database import Transaction
from lookup.storage.lanes import now_us

KEY_PURPOSE = "client-key"
LATE_US, KEPT_US = 300_000_000, 600_000_000
"""How long after its signature's end a request may still be done, and how long its nonce is remembered.

A request can wait behind others after it was let in. Were its nonce forgotten meanwhile, a replay would count as new.
The difference is for the clocks: that of the worker, which forgets, may be ahead of ours.
"""


class LateError(RuntimeError):
    """A request came to its turn so late that nobody knows any more whether its nonce was used before."""


class UnreadableKey(RuntimeError):
    """A shared secret can not be opened: the seal key is not the one it was stored with."""


@dataclass(frozen=True, slots=True)
class Nonce:
    """What makes a signature good for one request: it is taken until `until` (µs since the epoch, UTC)."""

    key: str
    value: str
    until: int


@dataclass(frozen=True, slots=True)
class Credential:
    """A registered key: `material` is the Ed25519 public key (32 bytes) or the HMAC secret.

    `denial` is why its holder may not act now, else None: key-revoked, key-expired, client-suspended, client-expired.
    """

    key: str
    algorithm: str
    material: bytes
    client: Client
    denial: str | None


def find(context: PushContext, key: str) -> Credential | None:
    """Return the credential with this key id, or None; raises UnreadableKey."""
    with context.database.single() as conn:
        found = clients.find(conn, key)
    if found is None:
        return None
    owner, row = found
    material: bytes | None = row.material
    if row.algorithm == "hmac-sha256":
        material = unseal(context.settings.seal_key, KEY_PURPOSE, row.material)
    if material is None:
        raise UnreadableKey("a client key can not be opened: the seal key is not the one it was stored with")
    client = Client(owner.id, owner.name, owner.units, owner.kinds, owner.source)
    return Credential(row.id, row.algorithm, material, client, _denial(owner, row, now_us()))


def spend(conn: Transaction, nonce: Nonce) -> bool:
    """Use up a nonce in the transaction of what its request does; False when it was used before (a replay).

    Raises LateError, and nothing of the transaction is kept, when that can not be known any more.
    """
    return spend_all(conn, [nonce])[0]


def spend_all(conn: Transaction, nonces: Sequence[Nonce]) -> list[bool]:
    """Use up several nonces, as `spend` does with one; of equal ones among them only the first is good."""
    names = [(nonce.key, nonce.value) for nonce in nonces]
    new = clients.spend_nonces(conn, [(nonce.key, nonce.value, nonce.until + KEPT_US) for nonce in nonces])
    if min(nonce.until for nonce in nonces) + LATE_US < now_us():  # now: inserting may have waited as well
        raise LateError
    return [name in new and name not in names[:place] for place, name in enumerate(names)]


def is_used(conn: Transaction, nonce: Nonce) -> bool:
    """Say whether a nonce was used before: a look before work that is dear, never instead of `spend`."""
    return clients.knows_nonce(conn, nonce.key, nonce.value)


def spend_alone(context: PushContext, nonce: Nonce) -> bool:
    """Use up, durably, the nonce of a request that does nothing else; False when it was used before (a replay)."""
    with context.database.write() as conn:
        return spend(conn, nonce)


def _denial(owner: ClientRow, key: KeyRow, now: int) -> str | None:
    if key.revoked:
        return "key-revoked"
    if key.expires is not None and key.expires <= now:
        return "key-expired"
    if owner.suspended:
        return "client-suspended"
    return "client-expired" if owner.expires is not None and owner.expires <= now else None
