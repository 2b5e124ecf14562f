"""Declaring looks at one report covert (依法暂不告知): a page and its form, for accounts that were allowed to."""

from __future__ import annotations

from flask import Flask, Response, g, render_template, request

from lookup.domain.covert import MOST_DAYS, REASONS, Declaration, declaration
from lookup.domain.faults import Fault
from lookup.domain.roles import Right
from lookup.services.find_report import find_report
from lookup.services.staff_looks import declare, note_refused
from lookup.web.console.sessions import context_of, requires, to
from lookup.web.i18n import language
from lookup.web.network import address


def add_covert(app: Flask) -> None:
    """Register both routes."""
    app.add_url_rule("/covert", view_func=covert_page)
    app.add_url_rule("/covert", view_func=covert_form, methods=["POST"])


@requires(Right.LOOK_COVERTLY)
def covert_page() -> str:
    """Explain what a declaration does and ask for report, reason, decision and days."""
    return _page({})


@requires(Right.LOOK_COVERTLY)
def covert_form() -> Response | tuple[str, int]:
    """Leave the declaration and go on to the report's entries; what is wrong is named, and that is an entry too."""
    asked = request.form.get
    made = declaration(asked("reason", ""), asked("approval", ""), asked("days", ""))
    report = find_report(context_of(), asked("number", ""))
    if isinstance(made, Declaration) and isinstance(report, bytes):
        declare(context_of(), g.staff, report, made, address())
        return to(f"/entries?report={report.hex()}")
    note_refused(context_of(), g.staff, None if isinstance(report, Fault) else report, address())
    faults = [report] if isinstance(report, Fault) else []
    return _page({each.field: each for each in (*faults, *(made if isinstance(made, tuple) else ()))}), 422


def _page(faults: dict[str, Fault]) -> str:
    reasons = {code: words[language() == "en"] for code, words in REASONS.items()}
    return render_template(
        "console/covert.html", faults=faults, reasons=reasons, most=MOST_DAYS, typed=request.form
    )
