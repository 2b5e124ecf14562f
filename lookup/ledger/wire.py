"""Strict parsing of the bytes that strangers send: decimals, base64, lines. Raises only VerificationError.

Bytes, never text: `int()`, `\\d`, `splitlines` and lenient base64 accept what other people's verifiers refuse.
"""

from __future__ import annotations

import binascii
import hashlib
from collections.abc import Callable

Digest = Callable[[bytes], bytes]
"""A 32-byte hash function of bytes (SHA-256 by default; SM3 where national cryptography is required)."""

MAX_SIZE = 1 << 62
"""Tree sizes of 2^62 and above are refused (RFC 9162 proofs over them can not occur and invite overflow)."""

_DIGITS = frozenset(b"0123456789")


class VerificationError(Exception):
    """The one error of every parser and verifier here. `check` names what failed; input is never echoed."""

    def __init__(self, check: str, message: str) -> None:
        super().__init__(f"{check}: {message}")
        self.check = check


def sha256(data: bytes) -> bytes:
    """SHA-256 of `data`, 32 bytes."""
    return hashlib.sha256(data).digest()


def decimal(data: bytes, check: str, limit: int = MAX_SIZE) -> int:
    """The value of an ASCII decimal without leading zeroes, below `limit`."""
    if not data or len(data) > 20 or not _DIGITS.issuperset(data) or (len(data) > 1 and data[:1] == b"0"):
        raise VerificationError(check, "not a plain decimal number")
    value = int(data)
    if value >= limit:
        raise VerificationError(check, "number too large")
    return value


def b64decode(data: bytes, check: str, length: int | None = None) -> bytes:
    """Standard base64 (RFC 4648 section 4) in its one canonical spelling; `length` in bytes when it is known."""
    try:
        value = binascii.a2b_base64(data, strict_mode=True)
    except (binascii.Error, ValueError):
        raise VerificationError(check, "not base64") from None
    if b64encode(value) != data:
        raise VerificationError(check, "not canonical base64")
    if length is not None and len(value) != length:
        raise VerificationError(check, "wrong length")
    return value


def b64encode(data: bytes) -> bytes:
    """Standard base64 with padding, no newline."""
    return binascii.b2a_base64(data, newline=False)


def lines(data: bytes, check: str) -> list[bytes]:
    """The newline-terminated lines of `data`, without their newlines; an unterminated last line is refused."""
    if not data.endswith(b"\n"):
        raise VerificationError(check, "does not end in a newline")
    return data[:-1].split(b"\n")
