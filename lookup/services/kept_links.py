"""A link kept over a refused try: sealed into the page that asks again, good for ten minutes.

The page is sent back without the link itself. What it carries says nothing about whether the link is right.
"""

from __future__ import annotations

import base64
import binascii

from lookup.services.sealing import seal, unseal
from lookup.storage.lanes import now_us

GOOD_US = 600 * 1_000_000
_PURPOSE = "kept-link"
_LONGEST = 200


def keep(seal_key: bytes, link: str) -> str:
    """Return the secret part of a link as typed, sealed for a hidden field; "" when there is none."""
    secret = link.strip().rpartition("#")[2][:_LONGEST]
    plain = now_us().to_bytes(8) + secret.encode()
    return base64.urlsafe_b64encode(seal(seal_key, _PURPOSE, plain)).decode() if secret else ""


def kept(seal_key: bytes, text: str) -> str:
    """Return what `keep` sealed; "" when that was too long ago or is not ours."""
    try:
        plain = unseal(seal_key, _PURPOSE, base64.urlsafe_b64decode(text.encode()))
    except (binascii.Error, ValueError):
        return ""
    if plain is None or now_us() - int.from_bytes(plain[:8]) > GOOD_US:
        return ""
    return plain[8:].decode()
