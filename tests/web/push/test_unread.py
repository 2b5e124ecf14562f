"""What is wrong with a signature is told before anything of the body is read, and the body goes by afterwards."""

from __future__ import annotations

import io
import time
from typing import Any

import pytest
from werkzeug.test import TestResponse

from lookup.services import register_client
from tests.support.pushing import EVENT, Desk, event, rule

BODY = b" " * 300_000


class Spied(io.BytesIO):
    """A body that knows how much of it was read, and breaks where it is told to."""

    broken = False
    largest = 0

    def read(self, size: int | None = -1, /) -> bytes:
        """Read on."""
        if self.broken:
            raise OSError
        self.largest = max(self.largest, len(BODY) if size is None or size < 0 else size)
        return super().read(size)


def post(desk: Desk, sent: Spied, headers: dict[str, str], **environ: Any) -> TestResponse:
    """Post a body that is on its way; the answer is not finished."""
    length = {"CONTENT_LENGTH": str(len(BODY))} | environ
    return desk.web.post("/v1/events", input_stream=sent, headers=headers, environ_overrides=length)


WRONG: dict[str, dict[str, Any]] = {
    "signature-expired": {"created": int(time.time()) - 1000},
    "signature-lifetime": {"life": 301},
    "signature-coverage": {"covered": ("@method", "@target-uri")},
    "signature-tag": {"tag": "other"},
    "signature-parameters": {"nonce": "short"},
    "key-unknown": {"key": "yunxi.00000000"},
    "signature-invalid": {"secret": bytes(32)},
    "signature-malformed": {},
    "signature-missing": {},
    "key-revoked": {},
    "client-suspended": {},
}


@pytest.mark.parametrize("code", WRONG)
def test_a_head_that_is_refused_is_refused_before_its_body(sqlite_desk: Desk, code: str) -> None:
    """Whoever has no key makes nobody read four MiB; the body goes by after the answer, in small pieces."""
    headers = sqlite_desk.signing(**WRONG[code]).headers("POST", "/v1/events", EVENT, BODY)
    if code == "signature-malformed":
        headers["Signature-Input"] = "nonsense;;"
    if code == "signature-missing":
        del headers["Signature"]
    if code == "key-revoked":
        register_client.revoke_key(sqlite_desk.context, "tester", sqlite_desk.key)
    if code == "client-suspended":
        register_client.suspend(sqlite_desk.context, "tester", "yunxi")
    sent = Spied(BODY)
    answer = post(sqlite_desk, sent, headers)
    assert (rule(answer), answer.headers["Lookup-Entry"] != "") == (code, True)
    assert sent.tell() == 0
    answer.close()
    assert sent.tell() == len(BODY)
    assert sent.largest <= 65_536


def test_a_body_that_breaks_behind_a_refused_head_harms_nothing(sqlite_desk: Desk) -> None:
    """The answer has gone out by then."""
    sent = Spied(BODY)
    answer = post(sqlite_desk, sent, {})
    sent.broken = True
    answer.close()
    assert rule(answer) == "signature-missing"


@pytest.mark.parametrize(
    ("environ", "read"),
    [
        ({"CONTENT_LENGTH": "99999999999"}, 4 * 1024 * 1024),
        ({"CONTENT_LENGTH": "10"}, 10),
        ({"CONTENT_LENGTH": ""}, 0),
        (
            {"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True},
            4 * 1024 * 1024,
        ),
    ],
    ids=["endless", "short", "none", "chunked"],
)
def test_no_more_goes_by_than_may_be_sent(sqlite_desk: Desk, environ: dict[str, Any], read: int) -> None:
    """What is longer than any body is left to the server, which closes the connection."""
    sent = Spied(b" " * (5 * 1024 * 1024))
    answer = post(sqlite_desk, sent, {}, **environ)
    answer.close()
    assert (rule(answer), sent.tell()) == ("signature-missing", read)


def test_a_signed_body_that_is_too_large_is_told_so(sqlite_desk: Desk) -> None:
    """Before it is read, and only to somebody with a key."""
    headers = sqlite_desk.signing().headers("POST", "/v1/events", EVENT, BODY)
    sent = Spied(BODY)
    answer = post(sqlite_desk, sent, headers, CONTENT_LENGTH="99999999999")
    assert (rule(answer), sent.tell()) == ("too-large", 0)


def test_a_body_with_a_method_that_needs_none_is_covered_too(sqlite_desk: Desk) -> None:
    """A GET that announces a body and does not sign it is refused before it is read."""
    how = sqlite_desk.signing(covered=("@method", "@target-uri"))
    headers = how.headers("GET", "/v1/whoami", "", b"")
    sent = Spied(BODY)
    answer = sqlite_desk.web.get(
        "/v1/whoami", input_stream=sent, headers=headers, environ_overrides={"CONTENT_LENGTH": str(len(BODY))}
    )
    assert (rule(answer), sent.tell()) == ("signature-coverage", 0)


def test_a_good_head_with_another_body_is_refused_after_it(sqlite_desk: Desk) -> None:
    """The digest is the one thing that only the body can prove wrong."""
    answer = sqlite_desk.send(event(), sent=BODY)
    assert (rule(answer), answer.status_code) == ("content-digest", 401)


@pytest.mark.parametrize(("sent", "code"), [(BODY, "content-digest"), (b" " * 4_194_305, "too-large")])
def test_a_body_that_is_not_the_signed_one_uses_nothing_up(sqlite_desk: Desk, sent: bytes, code: str) -> None:
    """Whoever sees a head and sends another body behind it does not take the sender's nonce away."""
    nonce = "n" * 20
    assert rule(sqlite_desk.send(event(), sent=sent, nonce=nonce)) == code
    assert sqlite_desk.send(event(), nonce=nonce).status_code == 200
    assert rule(sqlite_desk.send(event(), nonce=nonce)) == "signature-replayed"
