"""The push surface: police systems hand over their status updates. The app factory and its routes.

Decides nothing: signatures are checked in `signature`, the wire form in `wire`, everything else by the services.
"""

from __future__ import annotations

from flask import Flask, Response, current_app, g, request
from werkzeug.exceptions import HTTPException

from lookup.domain.events import Kind
from lookup.services.authenticate_client import spend_alone
from lookup.services.contexts import PushContext
from lookup.web.guards import open_to_all
from lookup.web.headers import protect
from lookup.web.limits import limit
from lookup.web.network import trust_proxies
from lookup.web.outage import watch
from lookup.web.push import answers, intake, manifests, openapi, oversight, quarantine
from lookup.web.push.faults import fault
from lookup.web.push.guard import context_of, signed
from lookup.web.push.signature import Caller
from lookup.web.surface import Surface

LIMIT = "30000 per minute"
FAILURES = "600 per minute"


def create_app(context: PushContext) -> Flask:
    """Return the push surface on an open, migrated database."""
    app = Surface("lookup.web.push", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = intake.MAX_BODY
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False  # every answer is a documented one
    app.extensions["lookup"] = context
    trust_proxies(app, context.settings.trusted_proxies)
    protect(app, https=context.settings.public_url.startswith("https:"))
    limiter = limit(app, context.settings.limits_url, LIMIT, deducts=True)
    failures = limiter.shared_limit(
        FAILURES,
        scope=answers.REFUSED_SCOPE,
        deduct_when=lambda r: r.status_code == 401,
        exempt_when=lambda: request.endpoint == healthz.__name__,
    )
    app.before_request(failures(lambda: None))
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(Exception, _failed)
    app.after_request(_entered)
    watch(app, context, lambda: answers.problem("unavailable"))
    app.add_url_rule("/healthz", view_func=healthz)
    app.add_url_rule("/v1/openapi.json", view_func=describe)
    app.add_url_rule("/v1/whoami", view_func=whoami)
    app.add_url_rule("/v1/events", view_func=events, methods=["POST"])
    app.add_url_rule("/v1/gaps", view_func=oversight.gaps)
    app.add_url_rule("/v1/gaps", view_func=oversight.declare, methods=["POST"])
    app.add_url_rule("/v1/waiting", view_func=manifests.waiting)
    app.add_url_rule("/v1/manifests", "manifests", manifests.post, methods=["POST"])
    app.add_url_rule("/v1/manifests/<name>", "manifest", manifests.get)
    app.add_url_rule("/v1/digests", view_func=manifests.digests)
    app.add_url_rule("/v1/quarantine", view_func=quarantine.listed)
    one = f"/v1/quarantine/<int(min=1, max={quarantine.LARGEST}):item>"
    app.add_url_rule(one, view_func=quarantine.withdraw, methods=["DELETE"])
    return app


@signed("dry_run")
def events(caller: Caller) -> Response:
    """Take one event, a batch or lines of events."""
    dry = request.args.get("dry_run", "0")
    if dry not in ("0", "1"):
        return answers.refuse_signed(context_of(), caller, "bad-request", [fault("/dry_run", "query.value")])
    return intake.take(context_of(), caller, dry == "1")


@signed()
def whoami(caller: Caller) -> Response:
    """Say who the caller is to this service."""
    client, nonce = caller.client, caller.nonce
    if not spend_alone(context_of(), nonce):
        return answers.refuse(context_of(), "signature-replayed", client.id)
    told = {"client": client.id, "name": client.name, "source": client.source, "key": nonce.key}
    kinds = client.kinds or [kind.value for kind in Kind]
    return answers.answer(told | {"units": list(client.units), "kinds": list(kinds)})


@open_to_all
def describe() -> Response:
    """Return the OpenAPI document."""
    return answers.answer(openapi.document(context_of().settings.incident_pattern))


@open_to_all
def healthz() -> Response:
    """Say that this process answers."""
    return answers.answer({"status": "ok"})


def _refused(fault: HTTPException) -> Response:
    code = answers.code_of(fault)
    allowed: list[str] = sorted(getattr(fault, "valid_methods", None) or ())
    return answers.refuse(context_of(), code, headers={"Allow": ", ".join(allowed)} if allowed else None)


def _failed(fault: Exception) -> Response:
    """Answer a broken machine: nothing was committed, so the client may send again. The log gets no content."""
    current_app.logger.error("push request failed: %s", type(fault).__name__)
    return answers.problem("unavailable")


def _entered(response: Response) -> Response:
    if entry := g.get("entry"):
        response.headers["Lookup-Entry"] = entry
    return response
