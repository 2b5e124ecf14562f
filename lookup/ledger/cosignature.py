"""C2SP tlog-cosignature, Ed25519 (cosignature/v1): a witness's timestamped statement about a checkpoint."""

from __future__ import annotations

from collections.abc import Iterable

from lookup.ledger.note import COSIGNATURE_V1, Check, Key, Note, Sign, Signature, matching
from lookup.ledger.wire import VerificationError

MAX_TIME = 1 << 63


def message(text: bytes, timestamp: int) -> bytes:
    """What a cosigner signs: header line, `time` line in decimal, then the whole checkpoint text."""
    return b"cosignature/v1\ntime %d\n" % timestamp + text


def cosign(text: bytes, key: Key, sign: Sign, timestamp: int) -> Signature:
    """A cosignature over a checkpoint's text at `timestamp` (POSIX seconds, 0 < t < 2^63). `key` has type 0x04."""
    if key.type != COSIGNATURE_V1 or not 0 < timestamp < MAX_TIME:
        raise ValueError("a witness key and a time are needed")
    return Signature(key.name, key.id, timestamp.to_bytes(8, "big") + sign(message(text, timestamp)))


def verify_cosignature(signature: Signature, key: Key, text: bytes, check: Check) -> int:
    """The time (POSIX seconds) of a cosignature that is right; the caller has matched name and id."""
    if key.type != COSIGNATURE_V1 or len(signature.blob) != 72:
        raise VerificationError("cosignature", "not a cosignature/v1")
    timestamp = int.from_bytes(signature.blob[:8], "big")
    if not 0 < timestamp < MAX_TIME:
        raise VerificationError("cosignature", "time out of range")
    if not check(key.public, signature.blob[8:], message(text, timestamp)):
        raise VerificationError("cosignature", "wrong cosignature by a known witness")
    return timestamp


def cosigners(note: Note, keys: Iterable[Key], check: Check) -> dict[Key, int]:
    """The distinct witnesses among `keys` that cosigned, with their latest time; strangers are ignored.

    A wrong cosignature by a known witness makes the note invalid, as for every known key.
    """
    found: dict[Key, int] = {}
    for key in keys:
        for signature in matching(note, key):
            found[key] = max(found.get(key, 0), verify_cosignature(signature, key, note.text, check))
    return found
