"""References (查询凭证): the query code and the link that open one report; derived with keys, stored nowhere."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import Protocol

from itsdangerous import BadData, URLSafeSerializer

from lookup.domain.reference import derive_code, display
from lookup.ledger.entry import b64u

_SALT = "lookup-link-v1"
_SIGNER = {"key_derivation": "hmac", "digest_method": hashlib.sha256}


class ReferenceKeys(Protocol):
    """The settings that making and reading references needs."""

    @property
    def reference_key(self) -> bytes:
        """Key of the query codes."""

    @property
    def link_keys(self) -> tuple[bytes, ...]:
        """Keys of the link tokens, the last one signs."""

    @property
    def public_url(self) -> str:
        """Address of the citizen pages."""


@dataclass(frozen=True, slots=True)
class Reference:
    """What a citizen is sent: number, code as printed, and a link whose secret part is in the URL fragment."""

    number: str
    code: str
    link: str


def issue(settings: ReferenceKeys, number: str, token: bytes, generation: int) -> Reference:
    """Return the reference of a report at one generation; the same inputs give the same reference."""
    code = display(derive_code(settings.reference_key, number, generation))
    packed = b64u(token)
    signed = _serializer(settings).dumps([packed, generation])
    return Reference(number, code, f"{settings.public_url}/r#{signed}")


def read_link(settings: ReferenceKeys, text: str) -> tuple[bytes, int] | None:
    """Return (report token, generation) of a link or bare link token, or None when it is not one of ours."""
    token = text.strip().rpartition("#")[2]
    try:
        packed, generation = _serializer(settings).loads(token)
        raw = base64.urlsafe_b64decode(packed + "==")
    except (BadData, ValueError, TypeError, binascii.Error):
        return None
    return (raw, generation) if len(raw) == 16 and isinstance(generation, int) else None


def _serializer(settings: ReferenceKeys) -> URLSafeSerializer:
    return URLSafeSerializer(list(settings.link_keys), salt=_SALT, signer_kwargs=_SIGNER)
