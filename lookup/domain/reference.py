"""Query codes, second facts and report tokens: what is derived with keys, so that tables give nothing away.

Keys and peppers come in as arguments; nothing here reads a clock, makes randomness or remembers anything.
"""

import hashlib
import hmac
import unicodedata
from enum import StrEnum
from typing import Final

from lookup.domain.faults import Fault

# No 0/O/Q, 1/I/L, 2/Z, 5/S, 6/G, 8/B or U/V/Y pair is left that an eye or a printer could confuse.
ALPHABET: Final = "23456789ACDEFHJKMNPRTWX"
LENGTH: Final = 10
_BASE: Final = len(ALPHABET)
_BODY: Final = LENGTH - 1
_VALUE: Final = {character: value for value, character in enumerate(ALPHABET)}
_FILLERS: Final = frozenset("-‐‑‒–—―−ー─·•・.。_\u200b\u200c\u200d\u2060\ufeff")


class SecondFact(StrEnum):
    """What is asked beside the reference: tier T1 the calling phone (报警电话), tier T2 the person (被害人、控告人)."""

    PHONE_LAST4 = "phone_last4"
    ID_LAST6_NAME = "id_last6_name"


def normalise(text: str) -> str:
    """Return `text` in half-width capitals without spaces, hyphens, dots or invisible characters; never fails."""
    folded = unicodedata.normalize("NFKC", text).upper()
    kept = "".join(c for c in folded if not c.isspace() and c not in _FILLERS)
    return unicodedata.normalize("NFKC", kept)


def check_character(first9: str) -> str:
    """Return the tenth character, so that the sum of weight (1..10) times value is 0 modulo 23.

    23 is prime and neighbouring weights differ by one, so every single wrong character and every swap of
    two unequal characters changes the sum. Raises ValueError unless given nine characters of ALPHABET.
    """
    if len(first9) != _BODY or any(c not in _VALUE for c in first9):
        raise ValueError("a query code body is nine characters of the alphabet")
    total = sum(weight * _VALUE[c] for weight, c in enumerate(first9, start=1))
    return ALPHABET[-total * pow(LENGTH, -1, _BASE) % _BASE]


def code_fault(text: str) -> Fault | None:
    """Say what is wrong with a typed query code (normalised here), or None if its form is right.

    None does not mean that the code opens anything, only that it may be compared. Codes: missing, character,
    too_short, too_long, check.
    """
    code = normalise(text)
    if not code:
        return Fault("query_code", "missing")
    if any(c not in _VALUE for c in code):
        return Fault("query_code", "character")
    if len(code) != LENGTH:
        return Fault("query_code", "too_short" if len(code) < LENGTH else "too_long")
    if check_character(code[:_BODY]) != code[_BODY]:
        return Fault("query_code", "check")
    return None


def derive_code(key: bytes, number: str, generation: int) -> str:
    """Return the ten-character query code of one report and generation (normal form, no hyphen).

    HMAC-SHA256 (RFC 2104) of "code", number and generation, read as a 256-bit integer modulo 23^9: about
    40.7 bits, the modulo bias is below 2^-200. Raises ValueError for a short key or an impossible generation.
    """
    if len(key) < 16 or generation < 0:
        raise ValueError("a code key has at least 16 bytes and a generation is not negative")
    digest = _digest(key, "code", number, str(generation))
    rest = int.from_bytes(digest) % _BASE**_BODY
    body = ""
    for _ in range(_BODY):
        rest, value = divmod(rest, _BASE)
        body += ALPHABET[value]
    return body + check_character(body)


def display(code: str) -> str:
    """Return a normalised code as it is printed and sent: XXXXX-XXXXX."""
    return f"{code[:5]}-{code[5:]}"


def codes_equal(typed: str, expected: str) -> bool:
    """Compare a typed code with the derived one, in a time that does not depend on where they differ."""
    return hmac.compare_digest(normalise(typed).encode(errors="surrogatepass"), expected.encode())


def second_fact_digest(pepper: bytes, kind: SecondFact, number: str, value: str) -> bytes:
    """Return the 32-byte keyed digest under which a second fact is stored and compared.

    `value` is in normal form (`numbers.phone_last4`, `numbers.id_last6_name`); the report number is part of
    the digest, so equal facts of two reports do not look alike in the tables. Raises ValueError for a NUL
    anywhere: parse what was typed first.
    """
    return _digest(pepper, "fact", kind.value, number, value)


def report_token(pepper: bytes, number: str) -> bytes:
    """Return the 16-byte pseudonym of a report in the ledger and in budgets: HMAC(pepper, "report\\0" + number)."""
    return _digest(pepper, "report", number)[:16]


def _digest(key: bytes, *parts: str) -> bytes:
    """HMAC-SHA256 over the parts with NUL between them; a NUL in any part would make two messages one."""
    if any("\0" in part for part in parts):
        raise ValueError("a digested value must not contain NUL")
    return hmac.digest(key, "\0".join(parts).encode(), hashlib.sha256)
