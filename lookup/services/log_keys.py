"""The life of the log's signing keys in the policy file: a new one joins, the old one is retired at a size.

While both are in use every checkpoint carries both signatures; afterwards the old key counts only for what it signed.
"""

from __future__ import annotations

from dataclasses import replace

from lookup.ledger.checkpoint import read_checkpoint
from lookup.ledger.note import Key, verify_note
from lookup.ledger.policy import Log, Policy
from lookup.ledger.wire import MAX_SIZE, VerificationError
from lookup.services.log_key import check_ed25519


class KeyLifeError(ValueError):
    """The step is not possible now; the message says what has to happen first."""


def joined(policy: Policy, key: Key, size: int) -> Policy:
    """Return the policy with a log key that counts from `size` on; KeyLifeError when it is in there."""
    if any(log.key == key for log in policy.logs):
        raise KeyLifeError("the policy has this key already")
    if policy.logs and key.name != policy.logs[-1].key.name:
        raise KeyLifeError("a key of the same log has the same name")
    return replace(policy, logs=(*policy.logs, Log(key, from_size=size)))


def retired(policy: Policy, key_id: str, newest: bytes) -> Policy:
    """Return the policy with a key that no longer counts above the size of the checkpoint `newest`.

    KeyLifeError when the key is unknown or retired, or when no other key of the policy has signed `newest` too.
    """
    leaving = [log for log in policy.logs if log.key.id.hex() == key_id and log.to_size == MAX_SIZE]
    if not leaving:
        raise KeyLifeError("no such key is in use")
    head, note = read_checkpoint(newest)
    others = [
        log.key for log in policy.logs if log is not leaving[0] and log.from_size <= head.size < log.to_size
    ]
    try:
        verify_note(note, others, check_ed25519)
    except VerificationError:
        raise KeyLifeError("the newest checkpoint is not signed by another key yet") from None
    logs = tuple(replace(log, to_size=head.size + 1) if log is leaving[0] else log for log in policy.logs)
    return replace(policy, logs=logs)
