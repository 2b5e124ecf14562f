"""docs/push.md is true: its vectors verify, its tables are those of the code."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from pathlib import Path

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from flask import Flask, request
from sqlalchemy import select

from lookup import client_files
from lookup.services import projection
from lookup.services.arrivals import Client
from lookup.services.authenticate_client import Credential
from lookup.services.authenticate_file import RULES
from lookup.storage import tables
from lookup.web.push.faults import TEXTS
from lookup.web.push.manifest_wire import ManifestIn
from lookup.web.push.problems import PROBLEMS
from lookup.web.push.signature import is_of, verified
from lookup.web.push.wire import EventIn
from tests.support.pushing import Desk, dump, later

PAGE = (Path(__file__).parents[3] / "docs" / "push.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w*)\n(.*?)\n```", PAGE, re.DOTALL)
EVENTS = [text for kind, text in BLOCKS if kind == "json" and "specversion" in text]
BODY = next(text for text in EVENTS if "\n" not in text)
BASE = next(text for _, text in BLOCKS if text.startswith('"@method"'))
REQUEST, HMAC_LINE = (text for kind, text in BLOCKS if kind == "http")
FILE_BASE = next(text for _, text in BLOCKS if text.startswith('"content-digest"'))
SIG, SIG_HMAC_LINE = (text for kind, text in BLOCKS if kind == "sig")
SEED = bytes.fromhex(re.findall(r"seed \(hex\) +(\w+)", PAGE)[0])


def signature(line: str) -> str:
    """The base64 of a Signature field."""
    return str(re.findall(r"^Signature: sig1=:(.*):$", line, re.MULTILINE)[0])


def test_the_vectors_verify() -> None:
    """Digest, Ed25519 and HMAC values are right, computed without the project's code."""
    digest = base64.b64encode(hashlib.sha256(BODY.encode()).digest()).decode()
    assert f"sha-256=:{digest}:" in BASE
    assert f"({len(BODY)} bytes" in PAGE
    public = Ed25519PrivateKey.from_private_bytes(SEED).public_key().public_bytes_raw()
    assert base64.b64encode(public).decode() in PAGE
    Ed25519PublicKey.from_public_bytes(public).verify(base64.b64decode(signature(REQUEST)), BASE.encode())
    assert base64.b64decode(signature(HMAC_LINE)) == hmac.digest(SEED, BASE.encode(), "sha256")


@pytest.mark.parametrize("algorithm", ["ed25519", "hmac-sha256"])
def test_the_service_takes_the_vectors(algorithm: str) -> None:
    """The printed request verifies in the service, and no longer with another body."""
    headers = dict(line.split(": ", 1) for line in REQUEST.splitlines()[1:])
    material = SEED
    if algorithm == "ed25519":
        material = Ed25519PrivateKey.from_private_bytes(SEED).public_key().public_bytes_raw()
    else:
        headers["Signature"] = HMAC_LINE.removeprefix("Signature: ")
    credential = Credential("test-key", algorithm, material, Client("c", "c", ("3699",)), None)
    url = "https://push.lookup.example/v1/events"
    moment = time_machine.travel(1772410510, tick=False)
    with moment, Flask("t").test_request_context(url, method="POST", data=BODY, headers=headers):
        covered = verified(credential, request)
        assert covered is not None
        assert is_of(covered, request, BODY.encode())
        assert not is_of(covered, request, b"{}")


@pytest.mark.parametrize("algorithm", ["ed25519", "hmac-sha256"])
def test_the_vector_of_the_signed_file_is_what_the_client_writes(algorithm: str) -> None:
    """Base and signature are right, computed without the project's code, and the client makes the same bytes."""
    body = BODY.encode() + b"\n"
    digest = hashlib.sha256(body).digest()
    assert f"sha-256=:{base64.b64encode(digest).decode()}:" in FILE_BASE
    assert f"({len(body)} bytes)" in PAGE
    text = SIG if algorithm == "ed25519" else "\n".join([*SIG.splitlines()[:-1], SIG_HMAC_LINE])
    signed = base64.b64decode(signature(text))
    if algorithm == "ed25519":
        assert signed == Ed25519PrivateKey.from_private_bytes(SEED).sign(FILE_BASE.encode())
    else:
        assert signed == hmac.digest(SEED, FILE_BASE.encode(), "sha256")
    made = client_files.signature(
        digest, len(body), "test-key", SEED, algorithm=algorithm, created=1772410500, file_id="MDEyMzQ1Njc4OWFiY2RlZg"
    )  # fmt: skip
    assert made.decode() == text + "\n"


def test_every_rule_of_files_is_on_the_page() -> None:
    """The table of refusals of files is the code's."""
    for rule, (_, english) in RULES.items():
        assert f"| `{rule}` | {english} |" in PAGE


def test_the_printed_events_are_taken(sqlite_desk: Desk) -> None:
    """The first event, then the correction and the retraction of two others: each is accepted and does what it says."""
    later_ones = [later("e-2", "J20", 20), later("e-3", "J30", 30)]
    for each in (BODY, *map(dump, later_ones), *(text for text in EVENTS if text != BODY)):
        answer = sqlite_desk.send(each if isinstance(each, bytes) else each.encode())
        assert answer.get_json()["outcome"] == "accepted"
    with sqlite_desk.context.database.read() as conn:
        story = projection.load(conn.execute(select(tables.incident.c.story)).scalar_one())
    assert [(step.id, step.corrected) for step in story.history] == [("e-1", False), ("e-2", True)]
    assert (story.history[1].unit, story.history[1].at.minute) == ("369901520000", 20)


def test_every_problem_is_on_the_page() -> None:
    """The table of problems is the code's, with status and words."""
    for problem in PROBLEMS.values():
        assert f"| `{problem.code}` | {problem.status} | {problem.title_en} | {problem.todo_en} |" in PAGE


def test_every_rule_and_member_is_on_the_page() -> None:
    """The table of rules is the code's; every member of an event is named."""
    for rule, (_, english) in TEXTS.items():
        assert f"| `{rule}` | {english} |" in PAGE
    schema = EventIn.model_json_schema()
    for member in (*(set(schema["properties"]) - {"data"}), *schema["$defs"]["DataIn"]["properties"]):
        assert f"`{member}`" in PAGE or f"`data.{member}`" in PAGE


def test_the_hash_of_the_example_list_is_right() -> None:
    """The printed list has the wire form and the hash that it says, and so has the empty list."""
    example = next(text for kind, text in BLOCKS if kind == "json" and '"numbers"' in text)
    sent = ManifestIn.model_validate_json(example)
    lines = "".join(f"{number}\n" for number in sorted(sent.numbers)).encode()
    assert (sent.count, sent.hash) == (len(sent.numbers), hashlib.sha256(lines).hexdigest())
    assert f"`{hashlib.sha256(b'').hexdigest()}`" in PAGE
    for member in ManifestIn.model_json_schema()["properties"]:
        assert f"`{member}`" in PAGE
