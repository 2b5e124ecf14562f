"""`lookup client key`: which keys are taken, in which form, and that none is taken twice."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from lookup.cli.main import main
from lookup.ledger.entry import b64u
from lookup.services.register_client import Refusal, add_key
from lookup.storage import tables
from tests.support.pushing import SEED, SOURCE, Desk, count
from tests.support.pushing_http import served

OTHER = ["client", "add", "cases", "--name", "案管", "--source", "urn:yunxi:cases", "--unit", "3699"]


def public(seed: int) -> Ed25519PrivateKey:
    """A key pair that depends on a small number only."""
    return Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)


def raw(key: Ed25519PrivateKey) -> str:
    """Its public key as `keygen` prints it."""
    return b64u(key.public_key().public_bytes_raw())


HYPHEN = next(
    text
    for text in (raw(Ed25519PrivateKey.from_private_bytes(number.to_bytes(32))) for number in range(1, 9999))
    if text.startswith("-")
)


def registered(desk: Desk) -> int:
    """How many keys there are."""
    return count(desk.context.database, tables.client_key)


def test_a_revoked_key_can_not_be_registered_again(
    configured: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was revoked, because it may be stolen, does not come back under a new id, not for another client either."""
    known = b64u(Ed25519PrivateKey.from_private_bytes(SEED).public_key().public_bytes_raw())
    assert main(OTHER) == 0
    assert main(["client", "key", "revoke", configured.key, "--yes"]) == 0
    for client in ("yunxi", "cases"):
        assert main(["client", "key", "add", client, f"--public={known}"]) == 1
        assert f"registered as {configured.key} and was revoked; make a new one" in capsys.readouterr().err
    assert registered(configured) == 1


def test_a_live_key_is_registered_once(configured: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """The same key does not fill both places of a client, and no two clients hold one key."""
    known = b64u(Ed25519PrivateKey.from_private_bytes(SEED).public_key().public_bytes_raw())
    assert main(OTHER) == 0
    for client in ("yunxi", "cases"):
        assert main(["client", "key", "add", client, f"--public={known}"]) == 1
        assert f"already registered as {configured.key}" in capsys.readouterr().err
    assert registered(configured) == 1


def test_a_shared_secret_is_registered_once(configured: Desk) -> None:
    """A secret is compared with those that lie sealed in the database."""
    configured.keyed("hmac-sha256", b"s" * 32)
    made = add_key(configured.context, "tester", "yunxi", "hmac-sha256", b"s" * 32)
    assert isinstance(made, Refusal)
    assert made.rule == "key_taken"


@pytest.mark.parametrize("words", [["--public", HYPHEN], [f"--public={HYPHEN}"]], ids=["apart", "joined"])
def test_a_key_may_begin_with_a_hyphen(configured: Desk, words: list[str]) -> None:
    """One in 64 does; both ways to write the option work."""
    assert main(["client", "key", "add", "yunxi", *words]) == 0
    assert registered(configured) == 2


def test_a_next_step_can_be_pasted(
    configured: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What `client add` and `keygen` print as the next step is written so that every key works in it."""
    assert main(OTHER) == 0
    assert "`lookup client key add cases --public=KEY`" in capsys.readouterr().out
    assert main(["client", "keygen", str(tmp_path / "new")]) == 0
    told = capsys.readouterr().out
    key = told.split("Public key:")[1].split()[0]
    assert f"`lookup client key add CLIENT --public={key}`" in told


@pytest.mark.parametrize("form", ["pem", "spki", "padded"])
def test_a_public_key_may_come_from_openssl(configured: Desk, form: str) -> None:
    """PEM, the base64 of SPKI and padded base64 are the same key as the 32 bytes."""
    key = public(7)
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    text = {
        "pem": key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
        "spki": base64.b64encode(der).decode(),
        "padded": base64.b64encode(key.public_key().public_bytes_raw()).decode(),
    }[form]
    assert main(["client", "key", "add", "yunxi", "--public", text]) == 0
    assert main(["client", "key", "add", "yunxi", f"--public={raw(key)}"]) == 1


EC = generate_ec(SECP256R1())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (EC.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(), "of another kind"),
        (public(8).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(), "private key"),
        ("AAAA", "no public key"),
        ("", "no public key"),
        ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "no public key"),
    ],
    ids=["ec", "private", "short", "empty", "broken"],
)  # fmt: skip
def test_another_text_is_refused_with_what_is_wanted(
    configured: Desk, capsys: pytest.CaptureFixture[str], text: str, why: str
) -> None:
    """The refusal says the form and the openssl command, and repeats nothing of what was given."""
    assert main(["client", "key", "add", "yunxi", f"--public={text}"]) == 1
    told = capsys.readouterr().err
    assert why in told
    assert "openssl pkey -in key.pem -pubout" in told
    assert "BEGIN" not in told
    assert registered(configured) == 1


KEY_FORMS: dict[str, Callable[[Ed25519PrivateKey], bytes]] = {
    "own": lambda key: (b64u(key.private_bytes_raw()) + "\n").encode(),
    "pem": lambda key: key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
}
BROKEN = b"-----BEGIN %s KEY-----\nAAAA\n-----END %s KEY-----\n"


@pytest.mark.parametrize("form", KEY_FORMS)
def test_a_push_is_signed_with_a_key_of_either_tool(configured: Desk, tmp_path: Path, form: str) -> None:
    """`--key-file` reads what `keygen` writes and what openssl writes (PKCS#8, PEM)."""
    file = tmp_path / "key"
    file.write_bytes(KEY_FORMS[form](Ed25519PrivateKey.from_private_bytes(SEED)))
    with served(configured) as (url, _):
        connection = ["--url", url, "--key-id", configured.key, "--source", SOURCE]
        assert main(["reconcile", "gaps", *connection, "--key-file", str(file)]) == 0


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"AAAA\n", "holds no key"),
        (b"\xff\xfe", "holds no key"),
        (BROKEN % (b"PRIVATE", b"PRIVATE"), "holds no private key"),
        (EC.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), "of another kind"),
        (public(9).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"word")), "passphrase"),
        (None, "can not be read"),
    ],
    ids=["short", "bytes", "broken", "ec", "locked", "absent"],
)  # fmt: skip
def test_a_key_file_that_is_none_is_told_apart_from_an_address_that_is_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, why: str
) -> None:
    """The message is about the key file only, says what it must hold, and does not speak of the service's settings."""
    file = tmp_path / "key"
    if content is not None:
        file.write_bytes(content)
    words = ["push", "x.json", "--key-id", "k", "--source", SOURCE, "--key-file", str(file)]
    assert main([*words, "--url", "http://127.0.0.1:9"]) == 2
    told = capsys.readouterr().err
    assert why in told
    assert "openssl" in told or content is None
    assert "--url" not in told
    assert "./run keys" not in told


def test_an_address_that_is_none_is_named_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With a good key only `--url` is at fault."""
    file = tmp_path / "key"
    file.write_bytes(KEY_FORMS["own"](public(1)))
    words = ["push", "x.json", "--key-id", "k", "--source", SOURCE, "--key-file", str(file)]
    assert main([*words, "--url", "push.lookup.example"]) == 2
    told = capsys.readouterr().err
    assert "--url is no address" in told
    assert "--key-file" not in told
