"""Alarms of the audit ledger (账本告警): the list in plain words, and answering for one with a reason and a file."""

from __future__ import annotations

import re

from flask import Flask, Response, g, render_template, request

from lookup.domain.faults import Fault
from lookup.domain.roles import Right
from lookup.services.oversee_alarms import answer_alarm, list_alarms
from lookup.web.console.alarm_words import checks, reasons
from lookup.web.console.errors import answer
from lookup.web.console.sessions import context_of, requires
from lookup.web.network import address


def add_alarms(app: Flask) -> None:
    """Register both routes, and give the templates their words."""
    app.jinja_env.globals.update(alarm_checks=checks, alarm_reasons=reasons)
    app.add_url_rule("/alarms", view_func=alarm_list)
    app.add_url_rule("/alarms/<int(max=9007199254740991):lane>", view_func=alarm_form, methods=["POST"])


@requires(Right.ANSWER_ALARMS)
def alarm_list() -> str:
    """List the alarms, newest first, and who answered for each."""
    return _page()


@requires(Right.ANSWER_ALARMS)
def alarm_form(lane: int) -> str | Response | tuple[str, int]:
    """Answer for one alarm, for the entries that the page showed behind it; what is wrong is named."""
    form = request.form.get
    seen = form("seen", "")
    number = int(seen) if re.fullmatch(r"[0-9]{1,15}", seen, re.ASCII) else -1
    done = answer_alarm(context_of(), g.staff, lane, form("reason", ""), form("decision", ""), number)
    if isinstance(done, str):
        return _page(lane, entry=done)
    if Fault("alarm", "unknown") in done:
        return answer(404)
    return _page(lane, done), 422


def _page(lane: int | None = None, faults: tuple[Fault, ...] = (), entry: str = "") -> str:
    board = list_alarms(context_of(), g.staff, address())
    named = {fault.field: fault for fault in faults}
    return render_template(
        "console/alarms.html", board=board, lane=lane, faults=named, entry=entry, typed=request.form
    )
