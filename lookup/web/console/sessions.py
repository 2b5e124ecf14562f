"""Cookies of the console and the guards that ask for a session and a right."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from flask import Response, current_app, g, redirect, request, session

from lookup.domain.roles import Right
from lookup.services.contexts import ConsoleContext
from lookup.services.known_devices import DAYS
from lookup.services.sign_in import ABSOLUTE_SECONDS, SignedIn
from lookup.services.staff_session import Staff, note_denied, resume
from lookup.web.console.errors import answer
from lookup.web.console.onward import wanted
from lookup.web.guards import View, guarded
from lookup.web.network import address


def context_of() -> ConsoleContext:
    """Return the context of the running app."""
    context: ConsoleContext = current_app.extensions["lookup"]
    return context


def https() -> bool:
    """Say whether browsers reach this site by https, as its public address says."""
    return context_of().settings.public_url.startswith("https:")


def cookie(name: str) -> str:
    """Return a cookie's name; with https the prefix forbids other hosts and paths to set it."""
    return f"__Host-{name}" if https() else name


def to(path: str) -> Response:
    """Return a redirect to a page of the console, wherever it is mounted."""
    response: Response = redirect(request.script_root + path, 303)  # type: ignore[assignment]
    return response


def hand_over(response: Response, done: SignedIn) -> Response:
    """Put the session and the mark of a known device on the answer; what a form cookie held before is gone."""
    session.clear()
    _set(response, "console", done.session, ABSOLUTE_SECONDS)
    _set(response, "device", done.device, DAYS * 86400)
    return response


def _set(response: Response, name: str, value: str, seconds: int) -> None:
    response.set_cookie(
        cookie(name), value, max_age=seconds, secure=https(), httponly=True, samesite="Strict"
    )


def take_away(response: Response) -> Response:
    """Remove the session's cookie; the device stays known."""
    session.clear()
    response.delete_cookie(cookie("console"), secure=https(), httponly=True, samesite="Strict")
    return response


def _resumed() -> Staff | None:
    """Return who is signed in, asked once a request and kept in `g.staff`."""
    if "staff" not in g:
        held = request.cookies.get(cookie("console"))
        g.staff = resume(context_of(), held) if held else None
    staff: Staff | None = g.staff
    return staff


def asker() -> bytes | None:
    """Return the actor token of who is signed in; None without a live session."""
    staff = _resumed()
    return staff.id if staff else None


def _ask_to_sign_in() -> Response:
    ended = {"ended": "1"} if request.cookies.get(cookie("console")) else {}
    onward = wanted()
    query = urlencode(ended | ({"to": onward} if onward else {}), safe="/")
    return to(f"/sign-in?{query}" if query else "/sign-in")


def signed_in(view: View) -> View:
    """Guard a view with a live session, found in `g.staff`; without one the way leads there by the sign-in page."""

    @wraps(view)
    def checked(*args: object, **more: object) -> Any:
        if _resumed() is None:
            return _ask_to_sign_in()
        return view(*args, **more)

    return guarded("session", checked)


def requires(right: Right) -> Callable[[View], View]:
    """Guard a view with a live session and one right; without the right the refusal is an entry first."""

    def guard(view: View) -> View:
        @wraps(view)
        def checked(*args: object, **more: object) -> Any:
            if not g.staff.may(right):
                note_denied(context_of(), g.staff, right, address())
                return answer(403)
            return view(*args, **more)

        return guarded(right.value, signed_in(checked))

    return guard
