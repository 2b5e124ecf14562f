"""The witness protocol: request and response formats of C2SP, and the decision with every specified status."""

from __future__ import annotations

import pytest

from lookup.ledger.checkpoint import Checkpoint, sign_checkpoint
from lookup.ledger.cosignature import cosign
from lookup.ledger.merkle import Frontier, consistency_proof
from lookup.ledger.note import COSIGNATURE_V1
from lookup.ledger.policy import Log, Policy, accept
from lookup.ledger.wire import VerificationError, b64encode, sha256
from lookup.ledger.witness import (
    AddCheckpoint,
    judge,
    origin_of,
    parse_conflict,
    parse_request,
    read_response,
)
from tests.ledger.keys import ORIGIN, check, pair
from tests.ledger.test_merkle import leaves, memory

KEY, SIGN = pair()
W1, SIGN_W1 = pair("witness.example/1", COSIGNATURE_V1, 11)
POLICY = Policy((Log(KEY),))
LEAVES = leaves(50)


def head(size: int, hashes: list[bytes] = LEAVES) -> Checkpoint:
    tree = Frontier()
    tree.extend(hashes[:size])
    return Checkpoint(ORIGIN, size, tree.root())


def request(old: int, new: int, hashes: list[bytes] = LEAVES) -> bytes:
    proof = tuple(consistency_proof(old, new, memory(hashes)))
    return AddCheckpoint(old, proof, sign_checkpoint(head(new, hashes), (KEY, SIGN))).to_bytes()


def status(data: bytes, last: Checkpoint | None) -> int:
    return judge(data, POLICY, last, check).status


def test_the_format_of_the_specification() -> None:
    """`old N`, base64 hashes, an empty line, the checkpoint; it comes back from its bytes."""
    data = request(3, 7)
    assert data.startswith(b"old 3\n" + b64encode(consistency_proof(3, 7, memory(LEAVES))[0]) + b"\n")
    assert parse_request(data).to_bytes() == data
    assert parse_request(request(0, 7)).proof == ()
    assert request(0, 7).startswith(b"old 0\n\n" + ORIGIN.encode())
    assert origin_of(data) == ORIGIN


def test_honest_growth_is_cosigned() -> None:
    """First sight, growth, standing still and the empty tree are all answered with 200 and the new checkpoint."""
    for old, new in ((0, 0), (0, 7), (3, 7), (8, 16), (7, 7), (1, 50)):
        verdict = judge(request(old, new), POLICY, head(old) if old else None, check)
        assert (verdict.status, verdict.checkpoint) == (200, head(new))


def test_a_fork_is_unprocessable() -> None:
    """A fork signed with the real key is 422: same size with another root, or growth that rewrote an entry."""
    other = [*LEAVES[:2], bytes(32), *LEAVES[3:]]
    assert status(request(7, 7, other), head(7)) == 422
    assert status(request(7, 9, other), head(7)) == 422
    assert status(request(7, 9, other), head(7, other)) == 200


def test_a_split_view_is_its_own_proof() -> None:
    """Two checkpoints of one size, both signed by the log and with different roots, convict it before anybody."""
    other = [*LEAVES[:2], bytes(32), *LEAVES[3:]]
    views = [
        accept(sign_checkpoint(head(9, hashes), (KEY, SIGN)), POLICY, check) for hashes in (LEAVES, other)
    ]
    assert [view.signers for view in views] == [(KEY,), (KEY,)]
    assert views[0].checkpoint.size == views[1].checkpoint.size
    assert views[0].checkpoint.root != views[1].checkpoint.root


def test_a_smaller_tree_is_refused() -> None:
    """A rolled-back log is 400 when it admits what was seen, else 409 with the size that was seen."""
    data = AddCheckpoint(9, (), sign_checkpoint(head(5), (KEY, SIGN))).to_bytes()
    assert status(data, head(9)) == 400
    verdict = judge(request(3, 5), POLICY, head(9), check)
    assert (verdict.status, parse_conflict(verdict.body)) == (409, 9)
    assert judge(request(3, 5), POLICY, None, check).body == b"0\n"


def test_strangers_are_refused() -> None:
    """An unknown origin is 404; a wrong or a stranger's signature 403; what is no request 400."""
    foreign, sign = pair("other.example")
    tree = Checkpoint("other.example", 7, bytes(32))
    assert status(AddCheckpoint(0, (), sign_checkpoint(tree, (foreign, sign))).to_bytes(), None) == 404
    assert status(AddCheckpoint(0, (), sign_checkpoint(head(7), pair(seed=5))).to_bytes(), None) == 403
    assert status(request(0, 7).replace(b"\n7\n", b"\n8\n"), None) == 403
    for data in (
        b"",
        b"old 0\n",
        b"old 0\n\n",
        request(0, 7)[:-1],
        b"\xff",
        request(0, 7).replace(b"old 0", b"old 00"),
    ):
        assert status(data, None) == 400


def test_a_proof_where_none_belongs_is_unprocessable() -> None:
    """From nothing, or to the same size, the proof is empty; an empty tree has the empty root; else 422."""
    note = sign_checkpoint(head(7), (KEY, SIGN))
    assert status(AddCheckpoint(0, (bytes(32),), note).to_bytes(), None) == 422
    assert status(AddCheckpoint(7, (bytes(32),), note).to_bytes(), head(7)) == 422
    assert status(AddCheckpoint(3, (), note).to_bytes(), head(3)) == 422
    empty = sign_checkpoint(Checkpoint(ORIGIN, 0, bytes(32)), (KEY, SIGN))
    assert status(AddCheckpoint(0, (), empty).to_bytes(), None) == 422
    assert head(0).root == sha256(b"")


def test_more_than_63_hashes_are_no_request() -> None:
    """The specified limit holds before anything is hashed."""
    note = sign_checkpoint(head(7), (KEY, SIGN))
    assert status(AddCheckpoint(0, (bytes(32),) * 63, note).to_bytes(), None) == 422
    assert status(AddCheckpoint(0, (bytes(32),) * 64, note).to_bytes(), None) == 400


def test_the_response_is_signature_lines() -> None:
    """Cosignatures of known witnesses come back with their time; strangers' are ignored; damage is refused."""
    text = head(7).text()
    mine = cosign(text, W1, SIGN_W1, 1700000000)
    other = cosign(text, *pair("witness.example/2", COSIGNATURE_V1, 12), 1700000001)
    assert read_response(mine.line() + other.line(), text, [W1], check) == [(W1, 1700000000, mine)]
    wrong = cosign(b"else\n", W1, SIGN_W1, 1700000000)
    for data in (b"", b"\n", mine.line()[:-1], b"x\n", wrong.line(), mine.line() * 2000, mine.line() + b"\n"):
        with pytest.raises(VerificationError):
            read_response(data, text, [W1], check)


@pytest.mark.parametrize("data", [b"", b"5", b"\n", b"05\n", b"5\n\n", b"-5\n", b"5\r\n"])
def test_a_conflict_names_one_size(data: bytes) -> None:
    """The body of a 409 is one decimal and a newline."""
    with pytest.raises(VerificationError):
        parse_conflict(data)
    assert origin_of(data) is None
    assert origin_of(b"old 0\n\n\xff\n") is None
