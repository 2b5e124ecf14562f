"""The log's Ed25519 key: only the worker ever holds the seed; everybody may have the verifier key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from lookup.ledger.note import ED25519, Key


@dataclass(frozen=True, slots=True)
class LogKey:
    """A signing key with its public half in C2SP form; `public.vkey()` is what verifiers are given."""

    origin: str
    public: Key
    sign: Callable[[bytes], bytes]

    @classmethod
    def from_seed(cls, origin: str, seed: bytes) -> LogKey:
        """Return the key of a 32-byte seed, named by the log's origin."""
        private = Ed25519PrivateKey.from_private_bytes(seed)
        return cls(origin, Key(origin, ED25519, private.public_key().public_bytes_raw()), private.sign)


def check_ed25519(public: bytes, signature: bytes, message: bytes) -> bool:
    """Say whether `signature` over `message` is right; never raises on a wrong one."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
