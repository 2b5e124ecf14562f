"""C2SP tlog-proof@v1: the receipt a citizen keeps, and its offline verification under a policy."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lookup.ledger.entry import b64u, commitment, leaf_hash
from lookup.ledger.merkle import verify_inclusion
from lookup.ledger.note import Check
from lookup.ledger.policy import Accepted, Policy, accept
from lookup.ledger.wire import Digest, VerificationError, b64decode, b64encode, decimal, lines, sha256

MAX_RECEIPT = 1 << 21

_HEADER = b"c2sp.org/tlog-proof@v1"
_LIMIT = 1 << 53
_NUMBER = rb"(0|[1-9][0-9]{0,15})"
_BODY = re.compile(
    rb'\{"a":"([a-z_.]{1,40})","c":"([A-Za-z0-9_-]{43})","o":"([a-z_.]{1,40})",(?:"r":"([A-Za-z0-9_-]{22})",)?"s":'
    + _NUMBER + rb',"t":' + _NUMBER + rb',"u":"([A-Za-z0-9_-]{22})","v":1,"w":' + _NUMBER + rb"\}"
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Proof:
    """A parsed tlog-proof: `extra` is the leaf preimage without its 0x00, `note` the checkpoint verbatim."""

    index: int
    hashes: tuple[bytes, ...]
    note: bytes
    extra: bytes

    def to_bytes(self) -> bytes:
        """The proof file (`text/plain`)."""
        rows = [_HEADER]
        if self.extra:
            rows.append(b"extra " + b64encode(self.extra))
        rows += [b"index %d" % self.index, *map(b64encode, self.hashes), b""]
        return b"\n".join(rows) + b"\n" + self.note


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a good receipt proves: this entry (`members`: a c o r s t u v w) at `index` of an accepted tree."""

    members: Mapping[str, str | int]
    body: bytes
    index: int
    accepted: Accepted


def receipt(body: bytes, index: int, hashes: Sequence[bytes], note: bytes) -> bytes:
    """The receipt of the entry `body` at `index`, its inclusion path and the (cosigned) checkpoint note."""
    return Proof(index, tuple(hashes), note, body).to_bytes()


def parse_proof(data: bytes) -> Proof:
    """A tlog-proof file: header, optional extra line, index line, at most 63 hashes, blank line, checkpoint."""
    if len(data) > MAX_RECEIPT:
        raise VerificationError("proof", "too long")
    head, blank, note = data.partition(b"\n\n")
    rows = lines(head + b"\n", "proof")
    if not blank or rows[0] != _HEADER:
        raise VerificationError("proof", "not a tlog-proof@v1")
    extra = b""
    if len(rows) > 1 and rows[1].startswith(b"extra "):
        extra = b64decode(rows.pop(1)[6:], "proof")
        if not extra:
            raise VerificationError("proof", "empty extra line")
    if len(rows) < 2 or len(rows) > 65 or not rows[1].startswith(b"index "):
        raise VerificationError("proof", "no index line or too many hashes")
    hashes = tuple(b64decode(row, "proof", 32) for row in rows[2:])
    return Proof(decimal(rows[1][6:], "proof"), hashes, note, extra)


def parse_body(body: bytes) -> dict[str, str | int]:
    """The members of a canonical entry body of version 1; VerificationError unless it is spelled canonically.

    Members are in the order of their names and hold nothing that JSON would escape, so one pattern is the whole form.
    """
    found = _BODY.fullmatch(body)
    if found is None:
        raise VerificationError("entry", "not the canonical form of an entry of version 1")
    a, c, o, r, s, t, u, w = found.groups()
    numbers = {"s": int(s), "t": int(t), "w": int(w)}
    if max(numbers.values()) >= _LIMIT:
        raise VerificationError("entry", "a number beyond 2^53")
    texts = {"a": a.decode(), "c": c.decode(), "o": o.decode(), "u": u.decode()}
    return {**texts, **numbers, "v": 1} if r is None else {**texts, "r": r.decode(), **numbers, "v": 1}


def verify_receipt(data: bytes, policy: Policy, check: Check, digest: Digest = sha256) -> Receipt:
    """Check a receipt offline: canonical entry, log signature, witness quorum, inclusion. No network, no clock."""
    proof = parse_proof(data)
    members = parse_body(proof.extra)
    accepted = accept(proof.note, policy, check)
    head = accepted.checkpoint
    leaf = leaf_hash(proof.extra, digest)
    verify_inclusion(proof.index, head.size, leaf, proof.hashes, head.root, digest)
    return Receipt(members, proof.extra, proof.index, accepted)


def verify_opening(
    members: Mapping[str, str | int],
    salt: bytes,
    net: str | None,
    detail: str | None,
    digest: Digest = sha256,
) -> None:
    """Check that the restricted part of an entry is (net, detail) under `salt`."""
    try:
        opened = b64u(commitment(salt, net, detail, digest))
    except UnicodeEncodeError:
        raise VerificationError("opening", "not text") from None
    if len(salt) != 16 or opened != members.get("c"):
        raise VerificationError("opening", "does not open the entry's commitment")
