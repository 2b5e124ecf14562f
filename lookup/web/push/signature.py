"""HTTP Message Signatures (RFC 9421) on requests: which are asked for, and who signed this one.

A request is admitted: by a live key of an active client, over method, target and body digest, within the stated
window. All of this is in its head, so nobody without a key makes the service read a body; only that the body is the
one of the digest is seen afterwards. That it is admitted once is up to whoever acts on it: the caller's nonce is spent
in the transaction of the act. A refusal is the code of a problem.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import http_sf
from flask import Request
from http_message_signatures.digests import ContentDigest
from http_message_signatures.exceptions import HTTPMessageSignaturesException

from lookup.services.arrivals import Client
from lookup.services.authenticate_client import Credential, Nonce, find
from lookup.services.contexts import PushContext
from lookup.services.verify_message import SKEW_S, verifier_of

TAG: Final = "lookup-push"
LIFE_S: Final = 300
NONCE_LENGTHS: Final = range(16, 65)
ACCEPT_SIGNATURE: Final = (
    f'sig1=("@method" "@target-uri" "content-digest");created;expires;nonce;keyid;tag="{TAG}"'
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who signed this request, with which nonce (not yet spent); `body` is what the signature covers."""

    client: Client
    nonce: Nonce
    body: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """Who signed the head of this request; `covered` are the values of the components that the signature covers."""

    client: Client
    nonce: Nonce
    covered: dict[str, str]


@dataclass(frozen=True, slots=True)
class Claim:
    """The parameters of the one signature that is meant for us; times in seconds since the epoch."""

    key: str
    nonce: str
    created: int
    expires: int
    covered: frozenset[str]


class Message:
    """A request as the library wants it."""

    def __init__(self, request: Request) -> None:
        """Take method, absolute URL as it was asked for, and header fields."""
        query = request.query_string.decode("latin-1")
        self.method = request.method
        self.url = f"{request.scheme}://{request.host}{quote(request.path)}" + (f"?{query}" if query else "")
        self.headers = dict(request.headers.items())


def authenticate(context: PushContext, request: Request) -> Head | str:
    """Return who signed the head of `request`, or the code of a problem; the body is not read."""
    claim = _claim(request)
    if isinstance(claim, str):
        return claim
    refusal = _out_of_window(claim, time.time()) or _uncovered(claim, request)
    if refusal:
        return refusal
    credential = find(context, claim.key)
    if credential is None:
        return "key-unknown"
    covered = verified(credential, request)
    if covered is None or credential.denial is not None:
        return "signature-invalid" if covered is None else str(credential.denial)
    nonce = Nonce(credential.key, claim.nonce, (claim.expires + SKEW_S + 1) * 1_000_000)
    return Head(credential.client, nonce, covered)


def verified(credential: Credential, request: Request) -> dict[str, str] | None:
    """Return what the signature of `request` covers, or None when this key has not made it."""
    try:
        results = verifier_of(credential).verify(Message(request), expect_tag=TAG)
    except (HTTPMessageSignaturesException, ValueError):
        return None
    return dict(results[0].covered_components)


def is_of(covered: Mapping[str, str], request: Request, body: bytes) -> bool:
    """Say whether `body` has the digest that is covered; without a body, where none is due, there is no question."""
    if not body and request.method != "POST":
        return True
    try:
        ContentDigest.verify_components(covered, body)
    except (HTTPMessageSignaturesException, ValueError):
        return False
    return True


def _claim(request: Request) -> Claim | str:
    written, signed = request.headers.get("Signature-Input"), request.headers.get("Signature")
    if not written or not signed:
        return "signature-missing"
    try:
        members: Any = http_sf.parse(written.encode("ascii"), tltype="dictionary")
        ours = [
            (inner, parameters)
            for inner, parameters in members.values()
            if isinstance(inner, list) and parameters.get("tag") == TAG
        ]
    except (ValueError, TypeError, AttributeError):
        return "signature-malformed"
    return "signature-tag" if len(ours) != 1 else _parameters(*ours[0])


def _parameters(inner: Iterable[Any], given: dict[str, Any]) -> Claim | str:
    key, nonce, created, expires = (given.get(name) for name in ("keyid", "nonce", "created", "expires"))
    if type(created) is not int or type(expires) is not int:
        return "signature-parameters"
    if type(key) is not str or type(nonce) is not str or len(nonce) not in NONCE_LENGTHS:
        return "signature-parameters"
    covered = frozenset(name for name, parameters in inner if isinstance(name, str) and not parameters)
    return Claim(key, nonce, created, expires, covered)


def _out_of_window(claim: Claim, now: float) -> str | None:
    if claim.created > now + SKEW_S:
        return "signature-future"
    if claim.expires < now - SKEW_S:
        return "signature-expired"
    if not claim.created < claim.expires <= claim.created + LIFE_S:
        return "signature-lifetime"
    return None


def _uncovered(claim: Claim, request: Request) -> str | None:
    needed = {"@method"} | ({"content-digest"} if _brings_body(request) else set())
    if "@target-uri" not in claim.covered:
        needed |= {"@authority", "@path"} | ({"@query"} if request.query_string else set())
    return None if needed <= claim.covered else "signature-coverage"


def _brings_body(request: Request) -> bool:
    return request.method == "POST" or bool(request.content_length) or "Transfer-Encoding" in request.headers
