"""What goes wrong before or beside a view, on the surfaces with pages: it leaves an entry, or nothing but 503 is said.

Each surface says it in its own words: `answer(status)` is its page or problem document.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from flask import Flask, Response, current_app, request
from werkzeug.exceptions import HTTPException

from lookup.services.note_attempt import note
from lookup.web.network import address, foreign

_log = logging.getLogger(__name__)

Answer = Callable[[int], Response]
Asker = Callable[[], bytes | None]
"""Returns the actor token of who is signed in with the running request; None for a stranger."""


def answer_failures(app: Flask, failed: Answer, answer: Answer, foreign_form: Callable[[], Response]) -> None:
    """Answer every error of `app`, and with `foreign_form()` what another site sends."""

    def http(error: HTTPException) -> Response:
        allowed = getattr(error, "valid_methods", None)
        response = failed(error.code or 400)
        if allowed:
            response.headers["Allow"] = ", ".join(sorted(allowed))
        return response

    def refuse_foreign() -> Response | None:
        return foreign_form() if request.method not in ("GET", "HEAD") and foreign() else None

    app.register_error_handler(HTTPException, http)
    app.register_error_handler(Exception, lambda error: _broken(error, answer))
    app.before_request(refuse_foreign)


def noted(action: str, status: int, answer: Answer, asker: Asker = lambda: None) -> Response:
    """Return the answer for `status`, its entry of this ledger action by `asker()` written first."""
    outcome, context = "limited" if status == 429 else "failed", current_app.extensions["lookup"]
    try:
        note(context, action, outcome, address(), {"status": status}, asker())
    except Exception as error:
        return _broken(error, answer)
    return answer(status)


def _broken(error: Exception, answer: Answer) -> Response:
    """A broken machine: nothing may be shown, and the log gets the kind of failure, never its content."""
    _log.error("request failed: %s", type(error).__name__)
    return answer(503)
