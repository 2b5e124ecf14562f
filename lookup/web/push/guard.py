"""The guard of the push surface: who may call a view, and the context it finds."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from flask import Response, abort, current_app, request
from werkzeug.exceptions import HTTPException

from lookup.services.arrivals import Fault
from lookup.services.contexts import PushContext
from lookup.web.guards import guarded
from lookup.web.push import answers
from lookup.web.push.faults import fault, unknown
from lookup.web.push.signature import authenticate

View = Callable[..., Response]


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
            caller = authenticate(context_of(), request, whole_body())
            if isinstance(caller, str):
                return answers.refuse(context_of(), caller)
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
