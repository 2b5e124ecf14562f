"""The guard of the push surface: who may call a view, and the context it finds."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from flask import Response, current_app, request

from lookup.services.contexts import PushContext
from lookup.web.guards import guarded
from lookup.web.push import answers
from lookup.web.push.signature import authenticate

View = Callable[..., Response]


def context_of() -> PushContext:
    """Return the context of the running app."""
    context: PushContext = current_app.extensions["lookup"]
    return context


def signed(*parameters: str) -> Callable[[View], View]:
    """Guard a view: only an admitted client, and only the named query parameters.

    The view gets the Caller first and spends its nonce, whatever it answers.
    """

    def guard(view: View) -> View:
        @wraps(view)
        def admitted(**path: object) -> Response:
            caller = authenticate(context_of(), request, request.get_data())
            if isinstance(caller, str):
                return answers.refuse(context_of(), caller)
            if not set(request.args) <= set(parameters):
                return answers.refuse_signed(context_of(), caller, "bad-request")
            return view(caller, **path)

        return guarded("signature", admitted)

    return guard
