"""The guard of the push surface: who may call a view, and the context it finds."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import wraps

from flask import Response, abort, current_app, request
from werkzeug.exceptions import HTTPException

from lookup.services.arrivals import Fault
from lookup.services.contexts import PushContext
from lookup.web.guards import guarded
from lookup.web.push import answers
from lookup.web.push.faults import fault, unknown
from lookup.web.push.signature import Caller, authenticate, is_of

View = Callable[..., Response]
_PIECE = 65_536


def context_of() -> PushContext:
    """Return the context of the running app."""
    context: PushContext = current_app.extensions["lookup"]
    return context


def signed(*parameters: str) -> Callable[[View], View]:
    """Guard a view: only an admitted client, and only the named query parameters, each once.

    The view gets the Caller first and spends its nonce, whatever it answers.
    """

    def guard(view: View) -> View:
        @wraps(view)
        def admitted(**path: object) -> Response:
            head = authenticate(context_of(), request)
            if isinstance(head, str):
                return _unread(answers.refuse(context_of(), head))
            body = whole_body()
            if not is_of(head.covered, request, body):
                return answers.refuse(context_of(), "content-digest")
            caller = Caller(head.client, head.nonce, body)
            faults = _asked_wrongly(parameters)
            if faults:
                return answers.refuse_signed(context_of(), caller, "bad-request", faults)
            return view(caller, **path)

        return guarded("signature", admitted)

    return guard


def _asked_wrongly(parameters: tuple[str, ...]) -> list[Fault]:
    given = request.args
    twice = [fault(f"/{name}", "query.value") for name in parameters if given.getlist(name)[1:]]
    strange = given.keys() - set(parameters)
    return twice + ([unknown("", "query.unknown", parameters)] if strange else [])


def _unread(response: Response) -> Response:
    """Let the body go by once the answer has left, and keep nothing of it.

    Else the server would cut the connection, and a client that looks for the answer when it has sent everything, or a
    proxy that says 502 then, would never tell what is wrong.
    """
    stream, most = request.environ["wsgi.input"], current_app.config["MAX_CONTENT_LENGTH"]
    chunked = "Transfer-Encoding" in request.headers
    left = most if chunked else min(request.content_length or 0, most)

    def pass_by() -> None:
        remaining = left
        with suppress(Exception):  # whatever the server raises; the request has been answered
            while piece := stream.read(min(remaining, _PIECE)):
                remaining -= len(piece)

    response.call_on_close(pass_by)
    return response


def whole_body() -> bytes:
    """Return the body of the request; one in chunks that is broken or too long is the client's fault (400, 413)."""
    try:
        body = request.get_data()
    except HTTPException:
        raise
    except Exception:  # whatever the server raises for chunks that are none; nothing has been done yet
        abort(400)
    most = current_app.config["MAX_CONTENT_LENGTH"]
    if request.content_length is None and len(body) >= most:  # chunks are cut off there without a word
        abort(413)
    return body
