"""The hash function of a log, chosen by name when it is created and never changed: SHA-256 or SM3 (GB/T 32905).

RFC 9162 and C2SP know SHA-256 only; the policy of another log says so in a line of ours (`policy.Policy.hash`).
Nothing here is a certified module.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from types import MappingProxyType

from lookup.ledger.wire import Digest, sha256


def sm3(data: bytes) -> bytes:
    """SM3 of `data`, 32 bytes; ValueError where this machine's OpenSSL has none."""
    return hashlib.new("sm3", data).digest()


HASHES: Mapping[str, Digest] = MappingProxyType({"sha256": sha256, "sm3": sm3})


def digest_named(name: str) -> Digest:
    """The hash function of this name; ValueError, saying what to do, for another name or when it is not to be had."""
    digest = HASHES.get(name)
    if digest is None:
        raise ValueError("must be sha256 or sm3")
    try:
        digest(b"")
    except ValueError:
        raise ValueError(
            "OpenSSL on this machine has no SM3: use one that has, or sha256 for a new log"
        ) from None
    return digest


def name_of(digest: Digest) -> str:
    """The name of a hash function of HASHES."""
    return next(name for name, each in HASHES.items() if each is digest)
