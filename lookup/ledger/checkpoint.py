"""C2SP tlog-checkpoint: origin, size and root as the text of a signed note. Extension lines are read, never written."""

from __future__ import annotations

from dataclasses import dataclass

from lookup.ledger.note import Key, Note, Sign, format_note, parse_note, sign_note
from lookup.ledger.wire import VerificationError, b64decode, b64encode, decimal, lines


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree head: the log's name, number of leaves, 32-byte root."""

    origin: str
    size: int
    root: bytes

    def text(self) -> bytes:
        """The note text `origin\\nsize\\nroot\\n`."""
        return f"{self.origin}\n{self.size}\n".encode() + b64encode(self.root) + b"\n"


def parse_checkpoint(text: bytes) -> Checkpoint:
    """The tree head in a note's text. Any further lines must not be empty and mean nothing."""
    rows = lines(text, "checkpoint")
    if len(rows) < 3 or not all(rows):
        raise VerificationError("checkpoint", "three lines that are not empty are needed")
    try:
        origin = rows[0].decode()
    except UnicodeDecodeError:
        raise VerificationError("checkpoint", "origin is not UTF-8") from None
    return Checkpoint(origin, decimal(rows[1], "checkpoint"), b64decode(rows[2], "checkpoint", 32))


def read_checkpoint(data: bytes) -> tuple[Checkpoint, Note]:
    """Parse a whole checkpoint note; no signature is verified (see `note.verify_note` and `policy`)."""
    note = parse_note(data)
    return parse_checkpoint(note.text), note


def sign_checkpoint(checkpoint: Checkpoint, *signers: tuple[Key, Sign]) -> bytes:
    """The signed note. ValueError unless every key's name is the origin (several signers while a key is rotated)."""
    if not signers or any(key.name != checkpoint.origin for key, _ in signers):
        raise ValueError("the log's key name is its origin")
    text = checkpoint.text()
    return format_note(text, [sign_note(text, key, sign) for key, sign in signers])
