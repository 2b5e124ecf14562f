"""Checking one RFC 9421 signature with a registered key: the same for a request and for the head of a signed file.

It says only whether the key made the signature; what must be covered, and for how long, is the caller's rule.
"""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from http_message_signatures import HTTPMessageVerifier, HTTPSignatureKeyResolver
from http_message_signatures.algorithms import ED25519, HMAC_SHA256

from lookup.services.authenticate_client import Credential

SKEW_S: Final = 300
"""How many seconds a sender's clock may differ from ours."""

_ALGORITHMS: Final = {"ed25519": ED25519, "hmac-sha256": HMAC_SHA256}


def verifier_of(credential: Credential) -> HTTPMessageVerifier:
    """Return the library's verifier for exactly this key and its one algorithm, whatever the message names."""
    verifier = HTTPMessageVerifier(
        signature_algorithm=_ALGORITHMS[credential.algorithm], key_resolver=_OneKey(credential)
    )
    verifier.max_clock_skew = timedelta(seconds=SKEW_S)
    return verifier


class _OneKey(HTTPSignatureKeyResolver):
    def __init__(self, credential: Credential) -> None:
        self._credential = credential

    def resolve_public_key(self, key_id: str) -> bytes | Ed25519PublicKey:
        if self._credential.algorithm == "ed25519":
            return _public(self._credential.material)
        return self._credential.material


@lru_cache(1024)
def _public(material: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(material)
