"""Sealing what may be shown but not lie readable at rest: AES-256-GCM with a key outside the database."""

from __future__ import annotations

import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


@lru_cache(maxsize=4)
def _cipher(key: bytes) -> AESGCM:
    return AESGCM(key)


def seal(key: bytes, purpose: str, plain: bytes) -> bytes:
    """Return nonce ‖ ciphertext; `purpose` is bound in, so one kind of sealed value can not stand for another."""
    nonce = os.urandom(12)
    return nonce + _cipher(key).encrypt(nonce, plain, purpose.encode())


def unseal(key: bytes, purpose: str, sealed: bytes) -> bytes | None:
    """Return what was sealed; None when key, purpose or bytes are not the ones it was sealed with."""
    try:
        return _cipher(key).decrypt(sealed[:12], sealed[12:], purpose.encode())
    except (InvalidTag, ValueError):
        return None
