"""The pass as a signed cookie or bearer token: ten idle minutes, sixty in all, HttpOnly and SameSite=Strict."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any

from flask import Response, current_app, g, request
from itsdangerous import BadData, URLSafeTimedSerializer

from lookup.services.contexts import CitizenContext
from lookup.services.passes import Pass
from lookup.services.prove_reference import Proved
from lookup.web.guards import View, guarded

IDLE_S, WHOLE_S = 600, 3600
_SIGNER = {"key_derivation": "hmac", "digest_method": hashlib.sha256}


def context_of() -> CitizenContext:
    """Return the context of the running app."""
    context: CitizenContext = current_app.extensions["lookup"]
    return context


def cookie_name() -> str:
    """Return the cookie's name; with https the prefix forbids other hosts and paths to set it."""
    return "__Host-pass" if _https() else "pass"


def _https() -> bool:
    return context_of().settings.public_url.startswith("https:")


@lru_cache(maxsize=4)
def _serializer(keys: tuple[bytes, ...]) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(list(keys), salt="lookup-pass-v1", signer_kwargs=_SIGNER)


def issue(proved: Proved) -> Pass:
    """Return a fresh pass for what was just proved."""
    return Pass(
        secrets.token_bytes(16), proved.report, proved.generation, proved.tier, time.time_ns() // 1000
    )


def write(pass_: Pass) -> str:
    """Return the pass as signed text, good for the next idle period."""
    parts = [base64.b64encode(pass_.id).decode(), base64.b64encode(pass_.report).decode()]
    return str(
        _serializer(context_of().settings.pass_keys).dumps(
            [*parts, pass_.generation, pass_.tier, pass_.since]
        )
    )


def read(text: str | None) -> Pass | None:
    """Return the pass of signed text; None when it is not ours, was idle too long or has lived its hour."""
    if not text:
        return None
    try:
        id_, report, generation, tier, since = _serializer(context_of().settings.pass_keys).loads(
            text, max_age=IDLE_S
        )
        pass_ = Pass(base64.b64decode(id_), base64.b64decode(report), generation, tier, since)
    except (BadData, ValueError, TypeError):
        return None
    return pass_ if time.time_ns() // 1000 - pass_.since < WHOLE_S * 1_000_000 else None


def presented() -> Pass | None:
    """Return the pass that this request carries, as cookie or bearer token."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return read(token if kind.lower() == "bearer" else request.cookies.get(cookie_name()))


def hand_over(response: Response, pass_: Pass) -> Response:
    """Put the pass, good for another idle period, on the answer."""
    return hand_over_written(response, write(pass_))


def hand_over_written(response: Response, text: str) -> Response:
    """Do `hand_over` with a pass that `write` has signed already."""
    response.set_cookie(
        cookie_name(), text, max_age=IDLE_S, secure=_https(), httponly=True, samesite="Strict"
    )
    return response


def take_away(response: Response) -> Response:
    """Remove the pass and everything the browser kept of this site."""
    response.delete_cookie(cookie_name(), secure=_https(), httponly=True, samesite="Strict")
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def requires_pass(missing: View) -> Callable[[View], View]:
    """Guard a view with a live pass, found in `g.held`; without one `missing()` is answered."""

    def guard(view: View) -> View:
        @wraps(view)
        def checked(*args: object, **more: object) -> Any:
            g.held = presented()
            return missing() if g.held is None else view(*args, **more)

        return guarded("pass", checked)

    return guard
