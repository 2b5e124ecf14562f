"""C2SP signed-note: strict parsing, key ids, verifier keys, signing and verifying with callables. Bytes as received."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from lookup.ledger.wire import VerificationError, b64decode, b64encode, sha256

ED25519 = 0x01
COSIGNATURE_V1 = 0x04

Sign = Callable[[bytes], bytes]
"""message to 64-byte Ed25519 signature."""

Check = Callable[[bytes, bytes, bytes], bool]
"""(32-byte public key, signature, message) to whether it is right; must not raise on a wrong one."""

MAX_NOTE = 1 << 20
MAX_SIGNATURES = 64

_DASH = "— ".encode()


@dataclass(frozen=True, slots=True)
class Key:
    """A public key with its name, as in a vkey `name+hex id+base64(type ‖ public)`."""

    name: str
    type: int
    public: bytes

    @property
    def id(self) -> bytes:
        """SHA-256(name ‖ 0x0A ‖ type ‖ public)[:4], also where the tree hashes with another function."""
        return sha256(self.name.encode() + b"\n" + bytes([self.type]) + self.public)[:4]

    def vkey(self) -> str:
        """The C2SP verifier key text."""
        return f"{self.name}+{self.id.hex()}+{b64encode(bytes([self.type]) + self.public).decode()}"


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: key name, 4-byte key id, and what the key's type says (64 or 72 bytes and so on)."""

    name: str
    key_id: bytes
    blob: bytes

    def line(self) -> bytes:
        """`— name base64(id ‖ blob)` and a newline."""
        return _DASH + self.name.encode() + b" " + b64encode(self.key_id + self.blob) + b"\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A parsed, not yet verified note. `text` includes its final newline and excludes the blank line."""

    text: bytes
    signatures: tuple[Signature, ...]


def key_name(data: bytes) -> str:
    """A key name: UTF-8, non-empty, no Unicode space, no plus, no control character."""
    try:
        name = data.decode()
    except UnicodeDecodeError:
        raise VerificationError("note", "key name is not UTF-8") from None
    if not name or "+" in name or any(c.isspace() or c < " " for c in name):
        raise VerificationError("note", "not a key name")
    return name


def parse_vkey(text: bytes) -> Key:
    """A vkey; its id must be the recommended one. Type 0x01 and 0x04 keys have 32 bytes; other types are refused."""
    parts = text.split(b"+", 2)
    if len(parts) != 3:
        raise VerificationError("vkey", "not name+id+key")
    material = b64decode(parts[2], "vkey", 33)
    key = Key(key_name(parts[0]), material[0], material[1:])
    if key.type not in (ED25519, COSIGNATURE_V1):
        raise VerificationError("vkey", "unknown signature type")
    if parts[1] != key.id.hex().encode():
        raise VerificationError("vkey", "key id does not belong to the key")
    return key


def parse_signature(line: bytes) -> Signature:
    """One signature line without its newline."""
    if not line.startswith(_DASH):
        raise VerificationError("note", "not a signature line")
    name, space, encoded = line[len(_DASH) :].partition(b" ")
    blob = b64decode(encoded, "note")
    if not space or len(blob) < 5:
        raise VerificationError("note", "not a signature line")
    return Signature(key_name(name), blob[:4], blob[4:])


def parse_note(data: bytes) -> Note:
    """Split a note at its last blank line; UTF-8 without control characters but newline; 1 to 64 signatures, 1 MiB."""
    if len(data) > MAX_NOTE:
        raise VerificationError("note", "too long")
    try:
        data.decode()
    except UnicodeDecodeError:
        raise VerificationError("note", "not UTF-8") from None
    if not data.endswith(b"\n") or any(c < 0x20 and c != 0x0A for c in data):
        raise VerificationError("note", "control characters or no final newline")
    split = data.rfind(b"\n\n")
    if split < 0:
        raise VerificationError("note", "no blank line")
    rows = data[split + 2 : -1].split(b"\n")
    if len(rows) > MAX_SIGNATURES:
        raise VerificationError("note", "too many signatures")
    return Note(data[: split + 1], tuple(parse_signature(row) for row in rows))


def format_note(text: bytes, signatures: Iterable[Signature]) -> bytes:
    """The note of `text` (ending in a newline) and signature lines in the given order."""
    return text + b"\n" + b"".join(signature.line() for signature in signatures)


def sign_note(text: bytes, key: Key, sign: Sign) -> Signature:
    """An Ed25519 (type 0x01) signature line over `text`."""
    return Signature(key.name, key.id, sign(text))


def matching(note: Note, key: Key) -> list[Signature]:
    """The signatures that claim to be by `key`: same name and same id."""
    return [s for s in note.signatures if s.name == key.name and s.key_id == key.id]


def verify_note(note: Note, keys: Sequence[Key], check: Check) -> list[Key]:
    """The distinct type 0x01 `keys` that signed the note, at least one; keys of other types and strangers are ignored.

    A wrong signature by a known key makes the note invalid even beside a good one (C2SP signed-note).
    """
    signers = []
    for key in keys:
        if key.type != ED25519:
            continue
        claimed = matching(note, key)
        if any(len(s.blob) != 64 or not check(key.public, s.blob, note.text) for s in claimed):
            raise VerificationError("signature", "wrong signature by a known key")
        if claimed and key not in signers:
            signers.append(key)
    if not signers:
        raise VerificationError("signature", "not signed by a known key")
    return signers
