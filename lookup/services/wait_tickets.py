"""Wait tickets: signed permission for one more try after a pause, so that nobody is ever locked out."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from itsdangerous import BadData, URLSafeSerializer

from lookup.domain.budget import WaitTicket

_SIGNER = {"key_derivation": "hmac", "digest_method": hashlib.sha256}


def write_ticket(keys: Sequence[bytes], ticket: WaitTicket) -> str:
    """Return the ticket as text for a hidden field; it names no person and no report number."""
    parts = [ticket.id, ticket.report.hex(), ticket.network, ticket.not_before_us]
    return str(_serializer(keys).dumps(parts))


def read_ticket(keys: Sequence[bytes], text: str | None) -> WaitTicket | None:
    """Return the ticket that `write_ticket` wrote with one of `keys`; None for anything else."""
    if not text:
        return None
    try:
        id_, report, network, not_before = _serializer(keys).loads(text)
        return WaitTicket(id_, bytes.fromhex(report), network, not_before)
    except (BadData, ValueError, TypeError):
        return None


def _serializer(keys: Sequence[bytes]) -> URLSafeSerializer:
    return URLSafeSerializer(list(keys), salt="lookup-wait-v1", signer_kwargs=_SIGNER)
