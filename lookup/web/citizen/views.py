"""The citizen's pages. Nothing is consumed or revealed by GET without a pass; every attempt is one use case."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Flask, Response, g, redirect, render_template, request

from lookup.domain.calendar import SHANGHAI
from lookup.services.open_report import Gone, Opened, open_report
from lookup.services.prove_reference import Limited, Proved, prove
from lookup.services.receipts import capability
from lookup.services.sign_out import sign_out
from lookup.web.citizen import passes
from lookup.web.citizen.forms import Form
from lookup.web.citizen.passes import context_of, requires_pass
from lookup.web.guards import open_to_all
from lookup.web.network import address

AWAY = "https://www.gov.cn/"


def add_views(app: Flask) -> None:
    """Register every page: this is the whole list."""
    for path, view in (
        ("/", ask), ("/r", by_link), ("/help", help_page), ("/privacy", privacy), ("/accessibility", accessibility),
        ("/leave", leave), ("/healthz", healthz), ("/report", report),
    ):  # fmt: skip
        app.add_url_rule(path, view_func=view)
    app.add_url_rule("/verify", view_func=verify, methods=["POST"])
    app.add_url_rule("/signout", view_func=signout, methods=["POST"])


@open_to_all
def ask() -> str:
    """Ask for number, code and second fact."""
    return render_template("citizen/ask.html", form=Form(), refused=False)


@open_to_all
def by_link() -> str:
    """Ask for the second fact of a link; the link's secret is in the fragment and never sent by GET."""
    return render_template("citizen/link.html", form=Form(by_link=True), refused=False)


@open_to_all
def verify() -> Response | tuple[str, int]:
    """Prove the reference; on success a pass opens the report."""
    form = Form.of(request.form).keeping(context_of().settings.seal_key)
    claim = form.claim(address(), context_of().settings.incident_pattern)
    if claim is None:
        return _again(form, 422)
    answer = prove(context_of(), claim)
    if isinstance(answer, Proved):
        return passes.hand_over(_to("/report"), passes.issue(answer))
    return _wait(form, answer) if isinstance(answer, Limited) else _again(form, 403, refused=True)


def _again(form: Form, status: int, *, refused: bool = False) -> tuple[str, int]:
    page = "citizen/link.html" if form.by_link else "citizen/ask.html"
    return render_template(page, form=form.without_secrets(), refused=refused), status


def _wait(form: Form, limited: Limited) -> tuple[str, int]:
    shown = form.without_secrets()
    shown.ticket = limited.ticket
    page = render_template("citizen/wait.html", form=shown, seconds=limited.seconds, ticket=limited.ticket)
    return page, 429


def _to(path: str) -> Response:
    response: Response = redirect(request.script_root + path, 303)  # type: ignore[assignment]
    return response


def gone() -> tuple[str, int]:
    """Say that the pass is over and how to go on."""
    return render_template("citizen/gone.html"), 401


@requires_pass(gone)
def report() -> Response | tuple[str, int]:
    """Show the report of the pass, and let the pass live on."""
    context = context_of()
    opened = open_report(context, g.held, address())
    if isinstance(opened, Gone):
        return gone()
    shown = _shown(opened, capability(context.settings, opened.entry))
    return passes.live_on(Response(render_template("citizen/report.html", **shown), mimetype="text/html"))


def _shown(opened: Opened, receipt: str) -> dict[str, Any]:
    now = datetime.now(SHANGHAI)
    return {**opened._asdict(), "d": opened.values, "now": now, "receipt": receipt}


def signed_out() -> Response:
    """Say that nothing is open any more."""
    return passes.take_away(Response(render_template("citizen/signed_out.html"), mimetype="text/html"))


@requires_pass(signed_out)
def signout() -> Response:
    """End the pass, here and wherever a copy of it may be."""
    sign_out(context_of(), g.held, address())
    return signed_out()


@open_to_all
def help_page() -> str:
    """Explain words, lost codes and missing reports."""
    return render_template("citizen/help.html")


@open_to_all
def privacy() -> str:
    """Say who processes what and why (PIPL art 17, 35)."""
    return render_template("citizen/privacy.html")


@open_to_all
def accessibility() -> str:
    """Say how the pages can be used and whom to tell when they can not."""
    return render_template("citizen/accessibility.html")


@open_to_all
def leave() -> Response:
    """Leave quickly: to a neutral page, with the pass taken away."""
    response: Response = redirect(AWAY, 303)  # type: ignore[assignment]
    return passes.take_away(response)


@open_to_all
def healthz() -> dict[str, str]:
    """Say that this process answers."""
    return {"status": "ok"}
