"""Who did it, as the ledger says it: 16-byte tokens that mean nothing without the pepper."""

from __future__ import annotations

import hmac


def client_token(pepper: bytes, client: str) -> bytes:
    """Return the token of a push client."""
    return hmac.digest(pepper, b"actor\0client\0" + client.encode(), "sha256")[:16]


def citizen_token(pepper: bytes, report: bytes, tier: str) -> bytes:
    """Return the token of whoever holds a report's reference at a tier; the same person at two reports differs."""
    return hmac.digest(pepper, b"actor\0citizen\0" + tier.encode() + b"\0" + report, "sha256")[:16]


def holder_tokens(pepper: bytes, report: bytes) -> set[bytes]:
    """Return the tokens of everybody who can hold a report's reference, one for each tier."""
    return {citizen_token(pepper, report, tier) for tier in ("T1", "T2")}


def stranger_token(pepper: bytes, network: str) -> bytes:
    """Return the token of somebody who proved nothing, known only by a network prefix."""
    return hmac.digest(pepper, b"actor\0network\0" + network.encode(), "sha256")[:16]


def staff_name_token(pepper: bytes, name: str) -> bytes:
    """Return the token of a name typed at the console's sign-in, whether an account has it or not."""
    return hmac.digest(pepper, b"actor\0staff name\0" + name.encode(), "sha256")[:16]


def operator_token(pepper: bytes, login: str) -> bytes:
    """Return the token of somebody at the command line, known by the login name on that machine."""
    return hmac.digest(pepper, b"actor\0operator\0" + login.encode(), "sha256")[:16]
