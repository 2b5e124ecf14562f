"""Who did it, as the ledger says it: 16-byte tokens that mean nothing without the pepper."""

from __future__ import annotations

import hmac


def client_token(pepper: bytes, client: str) -> bytes:
    """Return the token of a push client."""
    return hmac.digest(pepper, b"actor\0client\0" + client.encode(), "sha256")[:16]


def citizen_token(pepper: bytes, report: bytes, tier: str) -> bytes:
    """Return the token of whoever holds a report's reference at a tier; the same person at two reports differs."""
    return hmac.digest(pepper, b"actor\0citizen\0" + tier.encode() + b"\0" + report, "sha256")[:16]


def stranger_token(pepper: bytes, network: str) -> bytes:
    """Return the token of somebody who proved nothing, known only by a network prefix."""
    return hmac.digest(pepper, b"actor\0network\0" + network.encode(), "sha256")[:16]
