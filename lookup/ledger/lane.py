"""The MAC chain of one lane (a writing connection that numbers its own commits) and the sequencer's check of it.

The chain protects entries only until they are in the Merkle tree; nobody outside ever relies on it.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from lookup.ledger.entry import body_of_row, leaf_hash
from lookup.ledger.wire import Digest, sha256

Mac = Callable[[bytes, bytes], bytes]
"""A 32-byte MAC of (key, message)."""

GENESIS = bytes(32)
"""What stands before the first MAC of a lane."""

MAC_SIZE, OLD_MAC_SIZE = 16, 32
"""Bytes of a MAC: the left half of HMAC-SHA-256 (RFC 2104 section 5), or the whole of it, as lanes once kept it."""


def hmac_sha256(key: bytes, message: bytes) -> bytes:
    """HMAC-SHA256, 32 bytes."""
    return hmac.digest(key, message, "sha256")


def derive_key(master: bytes, writer: int, boot: bytes, function: Mac = hmac_sha256) -> bytes:
    """K_w: HKDF (RFC 5869, no salt, 32 bytes out) of the epoch's master secret for one writer id and boot nonce."""
    secret = function(bytes(32), master)
    return function(secret, b"lookup-lane-v1\0" + writer.to_bytes(8, "big") + boot + b"\x01")


def mac(key: bytes, previous: bytes, body: bytes, function: Mac = hmac_sha256, size: int = MAC_SIZE) -> bytes:
    """The next link: the first `size` bytes of MAC(key, previous ‖ body). `previous` is GENESIS in the beginning."""
    return function(key, previous + body)[:size]


class AlarmKind(StrEnum):
    """Why a lane is quarantined."""

    GAP = "gap"  # the next number is missing, repeated or another writer's
    MAC = "mac"  # an entry was changed or forged before integration
    UNSEALED = "unsealed"  # the tail of a transaction, with its MAC, is missing
    MALFORMED = "malformed"  # a row that no writer can have written


@dataclass(frozen=True, slots=True)
class LaneState:
    """Where the sequencer stands in a lane: last integrated number and the MAC there (seq 0: GENESIS)."""

    writer: int
    key: bytes
    seq: int = 0
    mac: bytes = GENESIS


@dataclass(frozen=True, slots=True)
class Run:
    """Checked neighbours of one lane, ready for the tree: `leaves` are their hashes, `state` the lane after them."""

    writer: int
    first_seq: int
    leaves: tuple[bytes, ...]
    first_ts: int
    last_ts: int
    state: LaneState


@dataclass(frozen=True, slots=True)
class Alarm:
    """A lane that can not go on: first bad number `expected`, what was `found` there, how many leading rows are good.

    `check_run(state, rows[:valid])` gives the Run of the good ones (when `valid` > 0).
    """

    writer: int
    kind: AlarmKind
    expected: int
    found: int
    valid: int


def check_run(
    state: LaneState,
    rows: Sequence[tuple[object, ...]],
    *,
    more: bool = False,
    digest: Digest = sha256,
    function: Mac = hmac_sha256,
) -> Run | Alarm:
    """Check the rows after `state.seq` of its lane, ordered by seq, in COLUMNS order; at least one row.

    Every number must follow the last, and the MAC chain must hold wherever a row carries a MAC (the last row of each
    transaction; 16 bytes, or 32 as they once were). `more` says the reading was cut by a limit: then rows after the
    last MAC are left for next time (a Run may be empty: read with a larger limit). Else an unsealed tail is an alarm.
    """
    writer, seq, seal = state.writer, state.seq, state.mac
    leaves: list[bytes] = []
    sealed = 0
    bodies: list[bytes] = []  # those since the last MAC
    for position, row in enumerate(rows):
        seq += 1
        if row[1] != seq or row[0] != writer:
            return Alarm(writer, AlarmKind.GAP, seq, _number(row[1]), sealed)
        try:
            bodies.append(body_of_row(row, digest))
        except (ValueError, KeyError, TypeError):
            return Alarm(writer, AlarmKind.MALFORMED, seq, seq, sealed)
        leaves.append(leaf_hash(bodies[-1], digest))
        claimed = row[11]
        if claimed is not None:
            link = _link(state.key, seal, bodies, claimed, function)
            if link is None:
                return Alarm(writer, AlarmKind.MAC, state.seq + sealed + 1, seq, sealed)
            sealed, seal, bodies = position + 1, link, []
    if sealed < len(rows) and not more:
        return Alarm(writer, AlarmKind.UNSEALED, state.seq + sealed + 1, seq, sealed)
    times = [_number(row[2]) for row in rows[:sealed]] or [0]
    after = LaneState(writer, state.key, state.seq + sealed, seal)
    return Run(writer, state.seq + 1, tuple(leaves[:sealed]), min(times), max(times), after)


def _link(
    key: bytes, previous: bytes, bodies: Sequence[bytes], claimed: object, function: Mac
) -> bytes | None:
    """The MAC at the end of a transaction when it is the one that is claimed; its size says the size of every link."""
    if not isinstance(claimed, bytes) or len(claimed) not in (MAC_SIZE, OLD_MAC_SIZE):
        return None
    for body in bodies:
        previous = mac(key, previous, body, function, len(claimed))
    return previous if hmac.compare_digest(claimed, previous) else None


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
