"""Keys of push clients as files and texts: this project's own form (base64url of the raw bytes) and that of openssl."""

from __future__ import annotations

import base64
import binascii
import os
import re
import sys
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    load_der_public_key,
    load_pem_private_key,
    load_pem_public_key,
)

from lookup.ledger.entry import b64u

PUBLIC_HINT = (
    "It must be an Ed25519 public key: as `lookup client keygen` prints it (32 bytes in base64url), or as "
    "`openssl pkey -in key.pem -pubout` prints it."
)
PRIVATE_HINT = (
    "It must hold an Ed25519 private key: what `lookup client keygen FILE` writes (32 bytes in base64url), or a PEM "
    "file as `openssl genpkey -algorithm ed25519` writes it; with --hmac the shared secret in base64url."
)
_PEM = "-----BEGIN "


class KeyTextError(ValueError):
    """A text or file is no key of the wanted kind; says why and what is wanted, and nothing of the content."""


def write_secret(file: Path, secret: bytes) -> bool:
    """Write a secret into a new file of its owner only; False, with a sentence on stderr, when the file exists."""
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        print(f"Nothing was changed: {file} exists already.", file=sys.stderr)
        return False
    with os.fdopen(handle, "w", encoding="ascii") as opened:
        opened.write(b64u(secret) + "\n")
    return True


def public_key(text: str) -> bytes:
    """Return the 32 bytes of an Ed25519 public key: base64 or base64url of them or of its SPKI, or PEM."""
    if "PRIVATE KEY" in text:
        raise KeyTextError(f"--public was given a private key, which nobody else may see. {PUBLIC_HINT}")
    raw = b"" if text.lstrip().startswith(_PEM) else _decoded(text)
    if len(raw) == 32:
        return raw
    try:
        key = load_der_public_key(raw) if raw else load_pem_public_key(text.strip().encode())
    except (ValueError, UnsupportedAlgorithm):
        raise KeyTextError(f"--public holds no public key. {PUBLIC_HINT}") from None
    if not isinstance(key, Ed25519PublicKey):
        raise KeyTextError(f"--public holds a key of another kind. {PUBLIC_HINT}")
    return key.public_bytes_raw()


def secret_key(file: Path, *, hmac: bool) -> bytes:
    """Return what signs: the 32 bytes of an Ed25519 private key, or with `hmac` a secret of 32 bytes or more."""
    try:
        content = file.read_bytes()
    except OSError as fault:
        raise KeyTextError(f"--key-file can not be read: {fault.strerror}.") from None
    if not hmac and content.lstrip().startswith(_PEM.encode()):
        return _private_pem(content)
    raw = _decoded(content.decode("ascii", "replace"))
    if len(raw) == 32 or (hmac and len(raw) > 32):
        return raw
    raise KeyTextError(f"--key-file holds no key. {PRIVATE_HINT}")


def _private_pem(content: bytes) -> bytes:
    try:
        key = load_pem_private_key(content, None)
    except TypeError:
        raise KeyTextError(
            "--key-file is locked by a passphrase. `openssl pkey -in key.pem -out plain.pem` takes it off; keep that "
            "file readable for its owner only."
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        raise KeyTextError(f"--key-file holds no private key. {PRIVATE_HINT}") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyTextError(f"--key-file holds a key of another kind. {PRIVATE_HINT}")
    return key.private_bytes_raw()


def _decoded(text: str) -> bytes:
    """Return the bytes of base64url or base64, padded or not; what is neither becomes empty."""
    plain = re.sub(r"\s", "", text).rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""
