"""The pass (通行凭证): what a browser holds after verification. A value; signing it is the web layer's work."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pass:
    """May see one report at one tier while the reference's generation stands.

    `id` (16 bytes) is what sign-out revokes, `since` the moment of verification (µs, UTC).
    """

    id: bytes
    report: bytes
    generation: int
    tier: str
    since: int
