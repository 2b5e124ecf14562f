"""A witness (见证人) at work: cosigns a log's checkpoint if it only grew (C2SP tlog-witness, cosignature/v1).

Another organisation runs this; it needs nothing of the service but the log's policy.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lookup.ledger.cosignature import cosign
from lookup.ledger.note import COSIGNATURE_V1, Key, Sign
from lookup.ledger.policy import Policy
from lookup.ledger.witness import SIZE_TYPE, judge, origin_of
from lookup.services.log_key import check_ed25519
from lookup.storage.witness_state import locked

TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness's key, the logs it trusts, and the file in which it remembers."""

    key: Key
    sign: Sign
    policy: Policy
    state: Path


@dataclass(frozen=True, slots=True)
class Answer:
    """What the witness says over HTTP."""

    status: int
    body: bytes
    kind: str = TEXT


def witness_key(name: str, seed: str) -> tuple[Key, Sign]:
    """Return the cosigning key of a 32-byte seed in base64url; ValueError when it is not one."""
    try:
        raw = base64.urlsafe_b64decode(seed.strip() + "=" * (-len(seed.strip()) % 4))
        private = Ed25519PrivateKey.from_private_bytes(raw)
    except (ValueError, binascii.Error):
        raise ValueError("the witness key must be 32 bytes in base64url") from None
    return Key(name, COSIGNATURE_V1, private.public_key().public_bytes_raw()), private.sign


def add_checkpoint(witness: Witness, data: bytes, now: int) -> Answer:
    """Decide an add-checkpoint request at `now` (POSIX seconds); what is cosigned was stored before."""
    origin = origin_of(data)
    with locked(witness.state) as state:
        last = state.last(origin) if origin else None
        verdict = judge(data, witness.policy, last, check_ed25519, witness.policy.digest)
        if verdict.status == 200 and verdict.checkpoint is not None:
            state.store(verdict.checkpoint)
    if verdict.status != 200 or verdict.note is None:
        return Answer(verdict.status, verdict.body, SIZE_TYPE if verdict.status == 409 else TEXT)
    return Answer(200, cosign(verdict.note.text, witness.key, witness.sign, now).line())
