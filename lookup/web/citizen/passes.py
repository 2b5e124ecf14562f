"""The pass as a signed cookie or bearer token: ten idle minutes, sixty in all, HttpOnly and SameSite=Strict.

It is written anew with an answer once it is a minute old, so an idle period is nine to ten minutes.
"""

from __future__ import annotations

import base64
import hmac
import secrets
import struct
import time
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, NamedTuple

from flask import Response, current_app, g, request
from itsdangerous import BadData, TimestampSigner
from itsdangerous.signer import SigningAlgorithm

from lookup.services.contexts import CitizenContext
from lookup.services.passes import Pass
from lookup.services.prove_reference import Proved
from lookup.settings import CitizenSettings
from lookup.web.guards import View, guarded
from lookup.web.surface import running

IDLE_S, WHOLE_S, RENEW_S = 600, 3600, 60
_PACKED = struct.Struct(">16s16sIBQ")
_TIERS = ("T1", "T2")


class Held(NamedTuple):
    """A pass as it was presented: its text, and when that was written (seconds since the epoch)."""

    pass_: Pass
    text: str
    written: float


def context_of() -> CitizenContext:
    """Return the context of the running app."""
    context: CitizenContext = current_app.extensions["lookup"]
    return context


def cookie_name() -> str:
    """Return the cookie's name; with https the prefix forbids other hosts and paths to set it."""
    return _name(context_of().settings)


def _name(settings: CitizenSettings) -> str:
    return "__Host-pass" if _https(settings) else "pass"


def _https(settings: CitizenSettings) -> bool:
    return settings.public_url.startswith("https:")


class _Sha256(SigningAlgorithm):
    def get_signature(self, key: bytes, value: bytes) -> bytes:
        return hmac.digest(key, value, "sha256")


@lru_cache(maxsize=4)
def _signer(keys: tuple[bytes, ...]) -> TimestampSigner:
    """The library would derive its key anew at each signature; these are derived once."""
    derived = [hmac.digest(key, b"lookup-pass-v2", "sha256") for key in keys]
    return TimestampSigner(derived, key_derivation="none", algorithm=_Sha256())


def issue(proved: Proved) -> Pass:
    """Return a fresh pass for what was just proved."""
    return Pass(
        secrets.token_bytes(16), proved.report, proved.generation, proved.tier, time.time_ns() // 1000
    )


def write(pass_: Pass) -> str:
    """Return the pass as signed text, good for the next idle period."""
    tier = _TIERS.index(pass_.tier)
    packed = _PACKED.pack(pass_.id, pass_.report, pass_.generation, tier, pass_.since)
    return _signer(context_of().settings.pass_keys).sign(base64.urlsafe_b64encode(packed)).decode()


def read(settings: CitizenSettings, text: str | None) -> Held | None:
    """Return the pass of signed text; None when it is not ours, was idle too long or has lived its hour."""
    if not text:
        return None
    try:
        signed = _signer(settings.pass_keys).unsign(text, IDLE_S, return_timestamp=True)
        id_, report, generation, tier, since = _PACKED.unpack(base64.urlsafe_b64decode(signed[0]))
        pass_ = Pass(id_, report, generation, _TIERS[tier], since)
    except (BadData, ValueError, IndexError, struct.error):
        return None
    alive = time.time_ns() // 1000 - pass_.since < WHOLE_S * 1_000_000
    return Held(pass_, text, signed[1].timestamp()) if alive else None


def presented() -> Held | None:
    """Return the pass that this request carries, as cookie or bearer token."""
    asked, settings = running(request), context_of().settings
    kind, _, token = asked.environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    return read(settings, token if kind.lower() == "bearer" else asked.cookies.get(_name(settings)))


def hand_over(response: Response, pass_: Pass) -> Response:
    """Put a pass, good for an idle period, on the answer."""
    return _with_cookie(response, write(pass_))


def live_on(response: Response, *, header: bool = False) -> Response:
    """Let the pass of this request live on: its cookie is written anew when it is older than RENEW_S.

    `header`: the field Lookup-Pass carries the pass too, and whoever sent it as a bearer token gets no cookie.
    """
    held: Held = g.presented
    old = time.time() - held.written > RENEW_S
    text = write(held.pass_) if old else held.text
    if header:
        response.headers["Lookup-Pass"] = text
    return (
        _with_cookie(response, text)
        if old and not (header and "Authorization" in request.headers)
        else response
    )


def _with_cookie(response: Response, text: str) -> Response:
    settings = context_of().settings
    secure = _https(settings)
    response.set_cookie(
        _name(settings), text, max_age=IDLE_S, secure=secure, httponly=True, samesite="Strict"
    )
    return response


def take_away(response: Response) -> Response:
    """Remove the pass and everything the browser kept of this site."""
    settings = context_of().settings
    response.delete_cookie(_name(settings), secure=_https(settings), httponly=True, samesite="Strict")
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def requires_pass(missing: View) -> Callable[[View], View]:
    """Guard a view with a live pass, found in `g.held`; without one `missing()` is answered."""

    def guard(view: View) -> View:
        @wraps(view)
        def checked(*args: object, **more: object) -> Any:
            held = presented()
            if held is None:
                return missing()
            kept = running(g)
            kept.presented, kept.held = held, held.pass_
            return view(*args, **more)

        return guarded("pass", checked)

    return guard
