"""Receipts: tlog-proof@v1, built and verified offline."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from lookup.ledger.entry import body, canonical, erase, leaf_hash
from lookup.ledger.merkle import inclusion_proof
from lookup.ledger.policy import Policy
from lookup.ledger.proof import Proof, parse_body, parse_proof, receipt, verify_opening, verify_receipt
from lookup.ledger.tiles import nodes_from_tiles
from lookup.ledger.wire import VerificationError, b64encode
from tests.ledger.keys import check, entry
from tests.ledger.logs import POLICY, MemoryLog, honest

STRICT = replace(POLICY, quorum=b"w")


def make(log: MemoryLog, index: int, data: bytes) -> bytes:
    size = log.builder.size

    def read(level: int, n: int, width: int) -> bytes:
        return log.tiles[level, n][0] if width == 256 else log.builder.partial(level)

    return receipt(
        data, index, inclusion_proof(index, size, nodes_from_tiles(read, size)), log.checkpoints[-1].note
    )


@pytest.fixture(scope="module")
def log() -> MemoryLog:
    return honest()


@pytest.fixture(scope="module")
def good(log: MemoryLog) -> bytes:
    return make(log, 24, body(entry(2, 5)))


def refused(data: bytes, policy: Policy = POLICY) -> None:
    with pytest.raises(VerificationError):
        verify_receipt(data, policy, check)


def test_every_entry_has_a_receipt(log: MemoryLog) -> None:
    """Each entry's receipt verifies under the policy with its witness, and tells entry, index and tree."""
    for index, row in enumerate(log.entries()):
        data = make(log, index, body(entry(row.writer, row.seq, row.ts)) if row.writer != 3 else b"")
        if row.writer == 3:
            refused(data)
            continue
        found = verify_receipt(data, STRICT, check)
        assert (found.index, found.members["w"], found.members["s"]) == (index, row.writer, row.seq)
        assert found.accepted.cosigned.keys() == {b"w"}


def test_format_of_the_specification(good: bytes, log: MemoryLog) -> None:
    """Header, extra, index, hashes, blank line, then the checkpoint byte for byte; extra is the leaf preimage."""
    rows = good.split(b"\n")
    assert rows[0] == b"c2sp.org/tlog-proof@v1"
    assert rows[1] == b"extra " + b64encode(body(entry(2, 5)))
    assert rows[2] == b"index 24"
    assert good.endswith(b"\n\n" + log.checkpoints[-1].note)
    assert parse_proof(good).to_bytes() == good
    assert leaf_hash(parse_proof(good).extra) == leaf_hash(body(entry(2, 5)))


def test_a_proof_without_extra_line() -> None:
    """The extra line may be left out; such a proof parses but is no receipt of ours."""
    proof = Proof(0, (), b"note", b"")
    assert parse_proof(proof.to_bytes()) == proof
    refused(proof.to_bytes())


def test_another_entry_index_or_tree_is_refused(good: bytes, log: MemoryLog) -> None:
    """A receipt binds entry, index and root: changing any of them fails."""
    proof = parse_proof(good)
    refused(replace(proof, extra=body(entry(2, 6))).to_bytes())
    refused(replace(proof, index=25).to_bytes())
    refused(replace(proof, index=10**6).to_bytes())
    refused(replace(proof, hashes=proof.hashes[:-1]).to_bytes())
    refused(replace(proof, hashes=(*proof.hashes, bytes(32))).to_bytes())
    refused(replace(proof, note=log.checkpoints[3].note).to_bytes())


def test_a_receipt_needs_the_quorum(log: MemoryLog) -> None:
    """With a policy that wants a witness, a receipt without its cosignature is refused."""
    note = log.checkpoints[-1].note
    bare = note[: note.index("— witness".encode())]
    proof = parse_proof(make(log, 24, body(entry(2, 5))))
    verify_receipt(replace(proof, note=bare).to_bytes(), POLICY, check)
    refused(replace(proof, note=bare).to_bytes(), STRICT)


@pytest.mark.parametrize(
    "damage",
    [
        lambda d: b"",
        lambda d: d[:40],
        lambda d: d.replace(b"@v1", b"@v2"),
        lambda d: d.replace(b"index 24", b"index 024"),
        lambda d: d.replace(b"index 24", b"index +24"),
        lambda d: d.replace(b"index 24", b"index  24"),
        lambda d: d.replace(b"index 24\n", b""),
        lambda d: d.replace(b"extra ", b"extra"),
        lambda d: d.replace(b"\n", b"\r\n"),
        lambda d: d.replace(b"extra ", b"extra  "),
        lambda d: d.replace(b"\n\n", b"\n", 1),
        lambda d: d + b"\n",
        lambda d: d.replace(b"index 24\n", b"index 24\n" + (b64encode(bytes(32)) + b"\n") * 64),
        lambda d: d.replace(b"index 24\n", b"index 24\n" + b64encode(bytes(31)) + b"\n"),
        lambda d: b"\n" + d,
        lambda d: d.replace(b"index 24", b"index 4611686018427387904"),
        lambda d: d + b"x" * (1 << 21),
        lambda d: d.replace(d.split(b"\n")[1], b"extra "),
        lambda d: d[:-1],
    ],
)
def test_damaged_receipts_are_refused(damage: object, good: bytes) -> None:
    """Every other spelling of a receipt is refused by the one error."""
    refused(damage(good))  # type: ignore[operator]


@pytest.mark.parametrize("data", [
    b"", b"{}", b"[]", b"1", b"{", b"\xff", b"[" * 5000, body(entry()) + b" ", body(entry()).replace(b":", b": ", 1),
    body(entry()).replace(b'"v":1', b'"v":2'), body(entry()).replace(b'"v":1', b'"v":"1"'),
    body(entry()).replace(b'"w":1', b'"w":"1"'), body(entry()).replace(b'"w":1', b'"w":1,"x":1'),
    body(entry()).replace(b'"w":1', b'"w":1,"w":1'), body(entry()).replace(b'"a":"lookup.open",', b""),
    body(entry()).replace(b'"lookup.open"', b"5"), body(entry()).replace(b'"w":1', b'"w":1.0'),
    body(entry()).replace(b'"w":1', b'"w":' + b"9" * 5000), body(entry()).replace(b'"u":"A', b'"u":"'),
    body(entry()).replace(b'"v":1', b'"v":true'), body(entry()).replace(b'"w":1', b'"w":NaN'),
])  # fmt: skip
def test_an_entry_has_one_spelling(data: bytes) -> None:
    """Bytes that are not the canonical form of a version 1 entry are refused, whatever they would hash to."""
    with pytest.raises(VerificationError):
        parse_body(data)


def test_members_come_back() -> None:
    """The members of a canonical body are told, with and without a report token."""
    for item in (entry(), entry(report=None)):
        assert parse_body(body(item)) == json.loads(body(item))
        assert canonical(parse_body(body(item))) == body(item)


def test_opening_shows_the_restricted_part() -> None:
    """Salt, prefix and detail open the commitment; anything else, or withholding a part, does not."""
    item = entry(1, 7)
    members = parse_body(body(item))
    assert item.salt is not None
    verify_opening(members, item.salt, item.net, item.detail)
    for salt, net, detail in (
        (bytes(16), item.net, item.detail), (item.salt, None, item.detail), (item.salt, item.net, None),
        (item.salt, item.net, "{}"), (item.salt[:15], item.net, item.detail), (item.salt, "\ud800", item.detail),
    ):  # fmt: skip
        with pytest.raises(VerificationError):
            verify_opening(members, salt, net, detail)


def test_a_receipt_outlives_erasure(good: bytes) -> None:
    """After the restricted part was erased the receipt is still good: its entry is the same."""
    assert verify_receipt(good, STRICT, check).body == body(erase(entry(2, 5)))
