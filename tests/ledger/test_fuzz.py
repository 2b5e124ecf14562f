"""Fuzzing every parser and verifier: whatever the bytes, the one documented error or a value, nothing else."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lookup.ledger.checkpoint import Checkpoint, parse_checkpoint, read_checkpoint, sign_checkpoint
from lookup.ledger.cosignature import cosign, cosigners
from lookup.ledger.entry import body, body_of_row, leaf_hash
from lookup.ledger.merkle import Frontier, inclusion_proof, verify_consistency, verify_inclusion
from lookup.ledger.note import parse_note, parse_signature, parse_vkey, verify_note
from lookup.ledger.policy import accept, parse_policy
from lookup.ledger.proof import parse_body, parse_proof, receipt, verify_receipt
from lookup.ledger.segment import (
    ALIGN,
    RESTRICTED,
    Manifest,
    bundle_paths,
    parse_manifest,
    parse_restricted,
    restore_row,
)
from lookup.ledger.tiles import decode_bundle, encode_bundle, parse_path
from lookup.ledger.verify_segment import verify_segment
from lookup.ledger.wire import VerificationError, b64decode, decimal
from lookup.ledger.witness import (
    AddCheckpoint,
    judge,
    origin_of,
    parse_conflict,
    parse_request,
    read_response,
)
from tests.ledger.keys import ORIGIN, check, entry
from tests.ledger.logs import KEY, POLICY, SIGN, WITNESS, WITNESS_SIGN, honest
from tests.ledger.test_merkle import memory

LOG = honest(2, 3)
NOTE = LOG.checkpoints[-1].note
LEAVES = [leaf_hash(body_of_row(row)) for row in LOG.entries()]
FIRST = body_of_row(LOG.rows[1, 1])
RECEIPT = receipt(FIRST, 0, inclusion_proof(0, len(LEAVES), memory(LEAVES)), NOTE)
RESPONSE = cosign(b"text\n", WITNESS, WITNESS_SIGN, 1700000000).line()
REQUEST = AddCheckpoint(3, (bytes(32),) * 2, NOTE).to_bytes()
PATHS = ["frontier", "consistency", "checkpoint", RESTRICTED, *bundle_paths(0, ALIGN)]
MANIFEST = Manifest(ORIGIN, 0, ALIGN, ALIGN, dict.fromkeys(PATHS, "0" * 64)).to_bytes()

PARSERS: dict[str, tuple[Callable[[bytes], object], bytes]] = {
    "decimal": (lambda d: decimal(d, "fuzz"), b"123"),
    "base64": (lambda d: b64decode(d, "fuzz"), b"QUJD"),
    "note": (parse_note, NOTE),
    "signed note": (lambda d: verify_note(parse_note(d), [KEY], check), NOTE),
    "signature line": (parse_signature, NOTE.split(b"\n")[-2]),
    "cosigned note": (lambda d: cosigners(parse_note(d), [WITNESS], check), NOTE),
    "vkey": (parse_vkey, KEY.vkey().encode()),
    "checkpoint text": (parse_checkpoint, NOTE[: NOTE.index(b"\n\n") + 1]),
    "checkpoint": (read_checkpoint, NOTE),
    "accepted checkpoint": (lambda d: accept(d, POLICY, check), NOTE),
    "policy": (parse_policy, POLICY.to_bytes()),
    "proof": (parse_proof, RECEIPT),
    "receipt": (lambda d: verify_receipt(d, POLICY, check), RECEIPT),
    "entry": (parse_body, body(entry())),
    "restored entry": (lambda d: restore_row(d, None), body(entry())),
    "bundle": (lambda d: decode_bundle(d, 2), encode_bundle([b"one", b"two"])),
    "tile path": (lambda d: parse_path(d.decode("utf-8", "replace")), b"tile/0/x001/234.p/5"),
    "frontier": (Frontier.from_bytes, LOG.builder.frontier.to_bytes()),
    "manifest": (parse_manifest, MANIFEST),
    "restricted part": (parse_restricted, b'{"d":"{}","i":1,"s":"AAAAAAAAAAAAAAAAAAAAAA"}\n'),
    "add-checkpoint request": (parse_request, REQUEST),
    "add-checkpoint response": (
        lambda d: read_response(d, b"text\n", [WITNESS], check),
        RESPONSE,
    ),
    "conflict": (parse_conflict, b"5\n"),
}


def outcome(parse: Callable[[bytes], object], data: bytes, value: object = None) -> object:
    """The error of a refusal, else `value`; every other exception goes through and fails the test."""
    try:
        parse(data)
    except VerificationError as error:
        return error
    return value


@st.composite
def damaged(draw: st.DrawFn, good: bytes) -> bytes:
    """The good bytes with a few cuts, insertions, repetitions and changes; now and then nothing but noise."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.binary(max_size=300))
    data = bytearray(good)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        to = min(len(data), at + draw(st.integers(0, 12)))
        piece = draw(
            st.binary(max_size=4)
            | st.sampled_from(
                [b"\n", b"\n\n", b"\r\n", b" ", b"+", b"=", b"0", b"-", "—".encode(), "\u0660".encode()]
            )
            | st.just(bytes(data[at:to]) * 2)
        )
        data[at:to] = piece
    return bytes(data)


@pytest.mark.parametrize("name", sorted(PARSERS))
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_parser_raises_one_error_or_returns(name: str, data: st.DataObject) -> None:
    """Damaged input of every format is refused with VerificationError or read; never another exception."""
    parse, good = PARSERS[name]
    raw = data.draw(damaged(good))
    outcome(parse, raw)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_witness_answers_whatever_is_sent(data: st.DataObject) -> None:
    """Any request gets one of the specified statuses; only an unchanged, honest one is cosigned."""
    raw = data.draw(damaged(REQUEST))
    verdict = judge(raw, POLICY, Checkpoint(ORIGIN, 3, bytes(32)), check)
    assert verdict.status in (400, 403, 404, 409, 422)
    assert origin_of(raw) is None or isinstance(origin_of(raw), str)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_segment_reader_reports_whatever_the_files(data: st.DataObject) -> None:
    """Arbitrary files of a segment give findings, never an exception."""
    files = {
        path: data.draw(damaged(good)) for path, good in (("manifest.json", MANIFEST), ("checkpoint", NOTE))
    }
    assert verify_segment(files.get, POLICY, check, deep=True).counts


HASH = st.binary(min_size=32, max_size=32) | st.binary(max_size=40)
SIZE = st.integers(-3, 70) | st.integers(2**61, 2**65) | st.integers(0, 2**62)


@given(SIZE, SIZE, HASH, st.lists(HASH, max_size=70), HASH)
@example(0, 1, bytes(32), [], bytes(32))
def test_proof_verifiers_raise_one_error(
    index: int, size: int, leaf: bytes, proof: list[bytes], root: bytes
) -> None:
    """Any index, size, hashes and lengths: verified or the one error, and quickly, also near 2^62."""
    for verify in (verify_inclusion, lambda a, b, c, d, e: verify_consistency(a, b, d, c, e)):
        with suppress(VerificationError):
            verify(index, size, leaf, proof, root)


@pytest.mark.parametrize("name", sorted(PARSERS))
def test_the_unchanged_samples_are_good(name: str) -> None:
    """The fuzzer starts from input that is accepted, so that its damage is what is tested."""
    parse, good = PARSERS[name]
    assert parse(good) is not None


@given(st.binary(max_size=300))
def test_errors_never_echo_input(data: bytes) -> None:
    """The message of a refusal is a fixed sentence: input, which may hold a number, is not in it."""
    marked = b"19900001234" + data
    for parse, _ in PARSERS.values():
        assert "19900001234" not in str(outcome(parse, marked, ""))


def test_a_signed_checkpoint_is_accepted_only_unchanged() -> None:
    """Every single-bit change of a checkpoint note is refused or leaves the signed head what it was."""
    head = Checkpoint(ORIGIN, 7, b"r" * 32)
    good = sign_checkpoint(head, (KEY, SIGN))
    for position in range(len(good) * 8):
        changed = bytearray(good)
        changed[position // 8] ^= 1 << position % 8
        with suppress(VerificationError):
            assert accept(bytes(changed), POLICY, check).checkpoint == head
