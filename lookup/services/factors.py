"""The two factors of a staff account: a machine-made password (argon2id) and a one-time code (RFC 6238).

Every check does the same work whether the account exists or not.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from lookup.domain.reference import ALPHABET, normalise
from lookup.services.sealing import seal, unseal
from lookup.storage.staff import Account

STEP_SECONDS = 30
_GROUPS, _GROUP = 5, 4
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_DECOY = _HASHER.hash(secrets.token_hex(16))
_DECOY_SECRET = pyotp.random_base32()


@dataclass(frozen=True, slots=True)
class Factors:
    """Fresh factors of one account: shown to its holder once, and what is kept of them."""

    password: str
    totp: str
    password_hash: str
    totp_sealed: bytes

    def uri(self, name: str, issuer: str) -> str:
        """Return the otpauth:// address that an authenticator app reads."""
        return str(pyotp.TOTP(self.totp).provisioning_uri(name=name, issuer_name=issuer))


def make(seal_key: bytes, account: bytes) -> Factors:
    """Return a new password (20 of 23 characters, 90 bits, in groups of four) and a new TOTP secret (160 bits)."""
    groups = ("".join(secrets.choice(ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))
    password, totp = "-".join(groups), pyotp.random_base32()
    sealed = seal(seal_key, _purpose(account), totp.encode())
    return Factors(password, totp, _HASHER.hash(normalise(password)), sealed)


def password_is_right(account: Account | None, password: str) -> bool:
    """Say whether the password as typed (any case, with or without hyphens) is the account's; about 30 ms always."""
    try:
        _HASHER.verify(account.password if account else _DECOY, normalise(password))
    except (VerificationError, InvalidHashError):
        return False
    return account is not None


def matching_step(seal_key: bytes, account: Account | None, code: str, now_us: int) -> int | None:
    """Return the 30-second step whose code was typed: this one, the last or the next; else None."""
    totp = pyotp.TOTP(_secret(seal_key, account))
    typed, step = normalise(code).encode(), now_us // 1_000_000 // STEP_SECONDS
    around = [each for each in (step - 1, step, step + 1)]
    same = [each for each in around if hmac.compare_digest(totp.generate_otp(each).encode(), typed)]
    return same[-1] if same and account is not None else None


def _secret(seal_key: bytes, account: Account | None) -> str:
    plain = None if account is None else unseal(seal_key, _purpose(account.id), account.totp)
    return _DECOY_SECRET if plain is None else plain.decode()


def _purpose(account: bytes) -> str:
    return f"totp {account.hex()}"
