"""Where an earlier page of looks begins, as text for an address: sealed, for one report, so that it tells nothing.

It may name a look that is withheld (依法暂不告知), which is why a signature alone would not do.
"""

from __future__ import annotations

import base64
import binascii
import struct

from lookup.services.sealing import seal, unseal
from lookup.storage.entries import Key as Key

_PACKED = struct.Struct(">QQQ")


def write(seal_key: bytes, report: bytes, key: Key) -> str:
    """Return the cursor of a place in the list of looks at a report (16-byte token)."""
    return base64.urlsafe_b64encode(seal(seal_key, _purpose(report), _PACKED.pack(*key))).decode()


def read(seal_key: bytes, report: bytes, text: str) -> Key | None:
    """Return the place that `write` sealed for this report; None for anything else."""
    try:
        plain = unseal(seal_key, _purpose(report), base64.urlsafe_b64decode(text.encode()))
    except (binascii.Error, ValueError):
        return None
    return None if plain is None else Key(*_PACKED.unpack(plain))


def _purpose(report: bytes) -> str:
    return f"looks-before {report.hex()}"
