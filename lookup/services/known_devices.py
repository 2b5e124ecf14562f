"""Known devices: a long-lived signed mark that a full sign-in leaves in a browser. It proves nothing but the lane.

Whoever shows it may try on a budget of its own (`domain.roles.sign_in_plan`), which no stranger can spend.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence

from itsdangerous import BadData, URLSafeTimedSerializer

from lookup.storage.staff import Account

DAYS = 180
_SIGNER = {"key_derivation": "hmac", "digest_method": hashlib.sha256}


def mark(keys: Sequence[bytes], account: Account) -> str:
    """Return a new mark for this browser, bound to the account and its present password."""
    return str(_serializer(keys).dumps([secrets.token_hex(8), *_binding(account)]))


def read_mark(keys: Sequence[bytes], account: Account | None, text: str | None) -> str | None:
    """Return the device's id when the mark is ours, not older than DAYS, and of this account; else None."""
    try:
        device, *binding = _serializer(keys).loads(text or "", max_age=DAYS * 86400)
    except (BadData, ValueError, TypeError):
        return None
    return str(device) if account is not None and binding == _binding(account) else None


def _binding(account: Account) -> list[str]:
    return [account.id.hex(), hashlib.sha256(account.password.encode()).hexdigest()[:16]]


def _serializer(keys: Sequence[bytes]) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(list(keys), salt="lookup-device-v1", signer_kwargs=_SIGNER)
