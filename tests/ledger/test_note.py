"""Notes, keys and checkpoints: C2SP's examples and everything implementers get wrong."""

from __future__ import annotations

import pytest

from lookup.ledger.checkpoint import Checkpoint, parse_checkpoint, read_checkpoint, sign_checkpoint
from lookup.ledger.note import (
    COSIGNATURE_V1,
    Key,
    Signature,
    format_note,
    parse_note,
    parse_vkey,
    sign_note,
    verify_note,
)
from lookup.ledger.wire import VerificationError, b64decode, b64encode, decimal
from tests.ledger.keys import ORIGIN, check, pair

VKEY = b"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
NOTE = (
    "This is an example message.\n\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
).encode()
SOFA = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
).encode()
KEY, SIGN = pair()


def refused(data: bytes, *keys: Key) -> None:
    with pytest.raises(VerificationError):
        verify_note(parse_note(data), keys or (KEY,), check)


def signed(text: bytes = b"text\n") -> bytes:
    return format_note(text, [sign_note(text, KEY, SIGN)])


def test_the_example_of_the_specification_verifies() -> None:
    """C2SP signed-note's example verifies with its vkey, comes back byte for byte, and fails when changed."""
    key = parse_vkey(VKEY)
    note = parse_note(NOTE)
    assert verify_note(note, [key], check) == [key]
    assert format_note(note.text, note.signatures) == NOTE
    assert key.vkey().encode() == VKEY
    refused(NOTE.replace(b"example message", b"Example message"), key)


def test_the_checkpoint_of_the_specification_parses() -> None:
    """C2SP tlog-checkpoint's example has its origin, size and root, and is written the same way."""
    checkpoint, note = read_checkpoint(SOFA)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert checkpoint.text() == note.text


def test_text_keeps_its_last_newline_and_splits_at_the_last_blank_line() -> None:
    """Blank lines inside the text belong to it; the signed text ends in its newline and excludes the blank line."""
    text = b"a\n\nb\n\n\nc\n"
    note = parse_note(signed(text))
    assert note.text == text
    assert verify_note(note, [KEY], check) == [KEY]


@pytest.mark.parametrize("damage", [
    lambda n: n[:-1], lambda n: n + b"\n", lambda n: n.replace(b"\n\n", b"\n"), lambda n: n.replace(b"\n", b"\r\n"),
    lambda n: n.replace("— ".encode(), b"- "), lambda n: n.replace(b"text", b"te\tt"), lambda n: b"\xff" + n,
    lambda n: n.replace(b"text", b"te\x00t"), lambda n: n.replace(b"one ", b"one  "),
    lambda n: n.replace(b"=\n", b"\n"),
    lambda n: n.replace("— ".encode(), "—\xa0".encode()), lambda n: n + n[n.index(b"\n\n") + 2 :] * 64, lambda n: b"",
    lambda n: n[: n.index(b"\n\n") + 2], lambda n: b"x" * (1 << 20) + n, lambda n: n.replace(b"one ", b"o+e "),
])  # fmt: skip
def test_a_note_has_one_spelling(damage: object) -> None:
    """Missing newlines, CRLF, control characters, another dash, loose base64, too much: refused by the one error."""
    refused(damage(signed()))  # type: ignore[operator]


def test_base64_must_be_canonical() -> None:
    """Set trailing bits, missing padding, white space and the URL alphabet are not accepted, though Python would."""
    assert b64decode(b"QQ==", "t") == b"A"
    for data in (b"QR==", b"QQ=", b"QQ", b"QQ==\n", b" QQ==", b"Q-8=", b"QQ==QQ==", b"QQ===", b"\xc3\xa9A=="):
        with pytest.raises(VerificationError):
            b64decode(data, "t")


def test_decimals_are_ascii_digits_only() -> None:
    """What int() accepts beyond plain digits is refused, and so are leading zeroes and sizes from 2^62."""
    assert decimal(b"0", "t") == 0
    assert decimal(str(2**62 - 1).encode(), "t") == 2**62 - 1
    for data in (b"", b"+1", b"-1", b"1_0", b"01", b"00", b" 1", b"1\n", "١".encode(), b"1.0", b"0x1",
                 str(2**62).encode(), b"9" * 5000):  # fmt: skip
        with pytest.raises(VerificationError):
            decimal(data, "t")


def test_a_signature_matches_by_name_and_id() -> None:
    """A line with our name and another id, or our id and another name, is a stranger's and is ignored."""
    line = sign_note(b"text\n", KEY, SIGN)
    other_id = Signature(line.name, bytes(4), bytes(64))
    other_name = Signature("log.example/two", line.key_id, bytes(64))
    assert verify_note(parse_note(format_note(b"text\n", [other_id, line, other_name])), [KEY], check) == [
        KEY
    ]
    refused(format_note(b"text\n", [other_id, other_name]))


def test_a_wrong_signature_by_a_known_key_spoils_the_note() -> None:
    """Even beside a good signature of the same key, and of the wrong length too."""
    line = sign_note(b"text\n", KEY, SIGN)
    for blob in (bytes(64), line.blob[:-1], line.blob + b"\0"):
        refused(format_note(b"text\n", [line, Signature(line.name, line.key_id, blob)]))


def test_a_repeated_signature_counts_once() -> None:
    """The same key twice, in the note or in the list of keys, is one signer."""
    line = sign_note(b"text\n", KEY, SIGN)
    assert verify_note(parse_note(format_note(b"text\n", [line, line])), [KEY, KEY], check) == [KEY]


def test_an_unsigned_or_strangely_signed_note_is_refused() -> None:
    """A note needs a known Ed25519 key; a cosigner's key of type 4 does not sign logs."""
    refused(signed(), pair(seed=2)[0])
    refused(signed(), Key(KEY.name, COSIGNATURE_V1, KEY.public))
    refused(signed(b"other\n").replace(b"other", b"0ther"))


@pytest.mark.parametrize("vkey", [
    b"", b"a+b", VKEY.replace(b"530d903a", b"530d903b"), VKEY.replace(b"530d903a", b"530D903A"), VKEY + b"A",
    VKEY.replace(b"+Ae", b"+Be"), b"+530d903a+" + VKEY.rsplit(b"+", 1)[1], b"\xff" + VKEY, VKEY + b"\n",
    VKEY.replace(b"com/foo", b"com foo"), VKEY.replace(b"com/foo", "com\u3000foo".encode()),
])  # fmt: skip
def test_damaged_verifier_keys_are_refused(vkey: bytes) -> None:
    """The id belongs to name, type and key; names have no spaces or plus; spelling is exact."""
    with pytest.raises(VerificationError):
        parse_vkey(vkey)


def test_extension_lines_are_read_and_never_written() -> None:
    """A checkpoint with extension lines parses to the same head; ours have three lines; empty lines are refused."""
    head = Checkpoint(ORIGIN, 7, b"r" * 32)
    assert parse_checkpoint(head.text() + b"extension\n") == head
    assert head.text().count(b"\n") == 3
    with pytest.raises(VerificationError):
        parse_checkpoint(head.text() + b"\n")


@pytest.mark.parametrize("text", [
    b"", b"\n", b"o\n1\n", b"o\n01\n" + b64encode(bytes(32)) + b"\n", b"o\n1\n" + b64encode(bytes(31)) + b"\n",
    b"\n1\n" + b64encode(bytes(32)) + b"\n", b"o\n1\n" + b64encode(bytes(32)),
    b"\xff\n1\n" + b64encode(bytes(32)) + b"\n",
    b"o\r\n1\r\n" + b64encode(bytes(32)) + b"\n", b"o\n1\x0b\n" + b64encode(bytes(32)) + b"\n",
])  # fmt: skip
def test_damaged_checkpoints_are_refused(text: bytes) -> None:
    """Fewer than three lines, other numbers, other lengths, other line ends: the one error."""
    with pytest.raises(VerificationError):
        parse_checkpoint(text)


def test_a_checkpoint_is_signed_by_keys_named_after_the_log() -> None:
    """The origin line equals the key's name; two keys sign while one replaces the other."""
    head = Checkpoint(ORIGIN, 7, b"r" * 32)
    new, sign_new = pair(seed=3)
    found, note = read_checkpoint(sign_checkpoint(head, (KEY, SIGN), (new, sign_new)))
    assert found == head
    assert verify_note(note, [KEY, new], check) == [KEY, new]
    for signers in ((), (pair("other.example"),)):
        with pytest.raises(ValueError, match="origin"):
            sign_checkpoint(head, *signers)
