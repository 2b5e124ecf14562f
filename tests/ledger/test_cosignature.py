"""Cosignatures of witnesses: C2SP cosignature/v1."""

from __future__ import annotations

import pytest

from lookup.ledger.checkpoint import Checkpoint, read_checkpoint, sign_checkpoint
from lookup.ledger.cosignature import cosign, cosigners, message, verify_cosignature
from lookup.ledger.note import COSIGNATURE_V1, Key, Signature, format_note, parse_note, sign_note
from lookup.ledger.wire import VerificationError
from tests.ledger.keys import ORIGIN, check, pair

KEY, SIGN = pair()
W1, SIGN_W1 = pair("witness.example/1", COSIGNATURE_V1, 11)
W2, SIGN_W2 = pair("witness.example/2", COSIGNATURE_V1, 12)
HEAD = Checkpoint(ORIGIN, 5, b"h" * 32)
TEXT = HEAD.text()


def test_time_and_message_of_the_specification() -> None:
    """C2SP's example line carries 1679315147 in eight big-endian bytes, signed as a decimal in the message."""
    text = b"example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    line = (
        "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZ"
        "qhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
    ).encode()
    signature = parse_note(text + b"\n" + line).signatures[0]
    assert int.from_bytes(signature.blob[:8], "big") == 1679315147
    assert len(signature.blob) == 72
    assert message(text, 1679315147) == b"cosignature/v1\ntime 1679315147\n" + text


def test_a_cosignature_verifies_and_tells_its_time() -> None:
    """What a witness signs verifies under its type 0x04 key, with its time."""
    assert verify_cosignature(cosign(TEXT, W1, SIGN_W1, 1700000000), W1, TEXT, check) == 1700000000


def test_time_is_signed_and_below_two_to_the_63() -> None:
    """Another time fails; zero and times from 2^63 are refused when signing and when reading."""
    good = cosign(TEXT, W1, SIGN_W1, 1700000000)
    for stamp in (1700000001, 0, 2**63, 2**64 - 1):
        with pytest.raises(VerificationError):
            verify_cosignature(
                Signature(W1.name, W1.id, stamp.to_bytes(8, "big") + good.blob[8:]), W1, TEXT, check
            )
    for stamp in (0, -1, 2**63):
        with pytest.raises(ValueError, match="time"):
            cosign(TEXT, W1, SIGN_W1, stamp)


def test_witness_keys_have_type_four() -> None:
    """A log key can not cosign and its plain signature is no cosignature."""
    with pytest.raises(ValueError, match="witness key"):
        cosign(TEXT, KEY, SIGN, 1)
    with pytest.raises(VerificationError):
        verify_cosignature(sign_note(TEXT, KEY, SIGN), KEY, TEXT, check)


def test_distinct_witnesses_are_counted_once() -> None:
    """A witness's repeated cosignature is one witness, at its latest time; strangers are ignored."""
    note = parse_note(
        format_note(TEXT, [
            sign_note(TEXT, KEY, SIGN), cosign(TEXT, W1, SIGN_W1, 100), cosign(TEXT, W1, SIGN_W1, 200),
            cosign(TEXT, W1, SIGN_W1, 200), cosign(TEXT, W2, SIGN_W2, 300),
        ])
    )  # fmt: skip
    assert cosigners(note, [W1, W1], check) == {W1: 200}
    assert cosigners(note, [W1, W2], check) == {W1: 200, W2: 300}
    assert cosigners(note, [], check) == {}


def test_a_wrong_cosignature_by_a_known_witness_spoils_the_note() -> None:
    """Even beside a right one of the same witness; by an unknown witness it is ignored."""
    other = cosign(b"other\n", W1, SIGN_W1, 100)
    note = parse_note(format_note(TEXT, [cosign(TEXT, W1, SIGN_W1, 100), other]))
    with pytest.raises(VerificationError):
        cosigners(note, [W1], check)
    assert cosigners(note, [W2], check) == {}
    for blob in (bytes(64), bytes(71), bytes(73), b"x"):
        with pytest.raises(VerificationError):
            cosigners(parse_note(format_note(TEXT, [Signature(W1.name, W1.id, blob)])), [W1], check)


def test_the_same_public_key_of_another_type_is_another_key() -> None:
    """The key id commits to the type, so that a log key can not pass for a witness key."""
    assert Key(W1.name, 1, W1.public).id != W1.id
    note = read_checkpoint(sign_checkpoint(HEAD, (KEY, SIGN)))[1]
    assert cosigners(note, [Key(KEY.name, COSIGNATURE_V1, KEY.public)], check) == {}
