"""Deterministic Ed25519 keys and small logs for the ledger's tests; nothing secret, nothing real."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from lookup.ledger.entry import Entry, Row, body, to_row
from lookup.ledger.lane import GENESIS, mac
from lookup.ledger.note import ED25519, Key, Sign

ORIGIN = "log.example/one"


def check(public: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def pair(name: str = ORIGIN, kind: int = ED25519, seed: int = 1) -> tuple[Key, Sign]:
    private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    return Key(name, kind, private.public_key().public_bytes_raw()), private.sign


def entry(writer: int = 1, seq: int = 1, ts: int = 1_700_000_000_000_000, **changes: object) -> Entry:
    values: dict[str, object] = {
        "action": "lookup.open",
        "outcome": "released",
        "actor": bytes(range(16)),
        "report": b"r" * 16,
        "net": "203.0.113.0/24",
        "detail": '{"reason":"申请"}',
        "salt": seq.to_bytes(16, "big"),
    }
    return Entry(writer=writer, seq=seq, ts=ts, **{**values, **changes})  # type: ignore[arg-type]


def lane_rows(
    key: bytes, count: int, writer: int = 1, batch: int = 1, ts: int = 1_700_000_000_000_000
) -> list[Row]:
    """`count` rows of a lane, a MAC on every `batch`-th and on the last."""
    rows, link = [], GENESIS
    for seq in range(1, count + 1):
        item = entry(writer, seq, ts + seq)
        link = mac(key, link, body(item))
        rows.append(to_row(item, link if seq % batch == 0 or seq == count else None))
    return rows
