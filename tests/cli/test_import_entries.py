"""How the audit log names a signed file: by its id where the signer is proved and the id means nobody, else keyed."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from lookup.cli.main import main
from lookup.client_files import signature
from lookup.services.register_client import revoke_key, suspend
from lookup.storage import tables
from tests.support.pushing import SEED, Desk, dump, event

PLAIN, PHONE, PERSON = "day.2026-03-02.part-1", "tel-19900001234-day-1", "zhang.san.of.yunxi"
HEX = "3f19900001234abc9d8e7f6a5b4c3d2e"


def made(desk: Desk, folder: Path, file_id: str, **changes: Any) -> Path:
    """A signed file of one event with an id of its maker's choice."""
    path = folder / "day.ndjson"
    raw = dump(event()) + b"\n"
    path.write_bytes(raw)
    given: dict[str, Any] = {"key_id": desk.key, "private_key": SEED, "file_id": file_id} | changes
    digest = given.pop("digest", hashlib.sha256(raw).digest())
    Path(f"{path}.sig").write_bytes(signature(digest, len(raw), **given))
    return path


def entries(desk: Desk) -> list[dict[str, Any]]:
    """The details of all entries about files, each with its place."""
    entry = tables.audit_entry.c
    query = select(entry.detail, entry.writer, entry.seq).where(entry.action == 24).order_by(entry.seq)
    with desk.context.database.read() as conn:
        return [json.loads(row.detail) | {"place": f"{row.writer}-{row.seq}"} for row in conn.execute(query)]


def told(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """First and last line of a result."""
    lines = Path(f"{path}.result.ndjson").read_text().splitlines()
    return json.loads(lines[0]), json.loads(lines[-1])


def test_a_file_that_verifies_is_named_by_its_id(configured: Desk, tmp_path: Path) -> None:
    """That is how its source and the operator speak of it."""
    assert main(["import", str(made(configured, tmp_path, PLAIN))]) == 0
    assert [each["file"] for each in entries(configured)] == [PLAIN, PLAIN]


@pytest.mark.parametrize("file_id", [PHONE, HEX, "x36990126030208140501"])
def test_an_id_that_may_hold_a_number_is_keyed(configured: Desk, tmp_path: Path, file_id: str) -> None:
    """It is taken, since a random id may look like that; result and entries are brought together by the place."""
    path = made(configured, tmp_path, file_id)
    assert main(["import", str(path)]) == 0
    begun, ended = entries(configured)
    assert begun["file"] == ended["file"]
    assert ended["file"].startswith("hmac:")
    assert file_id not in json.dumps([begun, ended])
    assert (told(path)[0]["file"], told(path)[1]["entry"]) == (file_id, ended["place"])


def test_the_key_is_the_services(configured: Desk, tmp_path: Path) -> None:
    """A number is found by trying where anybody can compute what stands for it."""
    main(["import", str(made(configured, tmp_path, PHONE))])
    token = entries(configured)[0]["file"].removeprefix("hmac:")
    for digest in (hashlib.sha256(PHONE.encode()), hashlib.blake2b(PHONE.encode())):
        assert token not in (digest.hexdigest(), digest.hexdigest()[: len(token)])
    assert len(token) == 26


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"private_key": bytes(32)}, "file.signature"),
        ({"key_id": "nobody.1"}, "file.key"),
        ({"created": 99999999999}, "file.future"),
    ],
)
def test_what_nobody_is_proved_to_have_signed_is_not_named(
    configured: Desk, tmp_path: Path, changes: dict[str, Any], rule: str
) -> None:
    """Whoever can write to the folder could else write a name into the log for ever."""
    path = made(configured, tmp_path, PERSON, **changes)
    assert main(["import", str(path)]) == 4
    [refused] = entries(configured)
    assert (refused["act"], refused["rule"], refused["file"][:5]) == ("refuse", rule, "hmac:")
    assert PERSON not in json.dumps(refused)
    assert told(path)[1]["entry"] == refused["place"]


def test_a_revoked_key_proves_nothing_a_suspended_client_does(configured: Desk, tmp_path: Path) -> None:
    """Anybody may hold a revoked key."""
    suspend(configured.context, "tester", "yunxi")
    main(["import", str(made(configured, tmp_path, PLAIN))])
    revoke_key(configured.context, "tester", configured.key)
    main(["import", str(made(configured, tmp_path, PLAIN))])
    first, second = entries(configured)
    assert (first["file"], second["file"][:5]) == (PLAIN, "hmac:")


def test_a_file_of_another_content_is_named(configured: Desk, tmp_path: Path) -> None:
    """Its head was signed by whom it says."""
    main(["import", str(made(configured, tmp_path, PLAIN, digest=bytes(32)))])
    assert [(each["rule"], each["file"]) for each in entries(configured)] == [("file.digest", PLAIN)]


def test_a_file_without_an_id_has_none(configured: Desk, tmp_path: Path) -> None:
    """Where the signature can not be read there is nothing to name."""
    path = made(configured, tmp_path, PLAIN)
    Path(f"{path}.sig").write_text("hello\n")
    main(["import", str(path)])
    assert [each["file"] for each in entries(configured)] == [""]
