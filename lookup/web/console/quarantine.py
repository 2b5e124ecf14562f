"""Refused events (隔离件): the list with its filters, one in detail, replaying or closing one."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Flask, Response, g, render_template, request

from lookup.domain.quarantine import REASONS
from lookup.domain.roles import Right
from lookup.services import oversee_quarantine as service
from lookup.services.replay_quarantine import Closing, Reader
from lookup.web.console.errors import answer
from lookup.web.console.refused_filters import number, read
from lookup.web.console.sessions import context_of, requires
from lookup.web.i18n import language
from lookup.web.network import address
from lookup.web.push.arriving import reader

_ITEM = "/quarantine/<int(min=1, max=9007199254740991):item>"


def add_quarantine(app: Flask) -> None:
    """Register the pages."""
    app.add_url_rule("/quarantine", view_func=refused_list)
    app.add_url_rule(_ITEM, view_func=refused_one)
    app.add_url_rule(f"{_ITEM}/replay", view_func=replay_one, methods=["POST"])
    app.add_url_rule(f"{_ITEM}/close", view_func=close_one, methods=["POST"])


@requires(Right.RELEASE_QUARANTINE)
def refused_list() -> str | tuple[str, int]:
    """List the refused events that the address asks for, and count the open ones."""
    asked = read(request.args)
    if asked.faults:
        names = service.client_names(context_of(), g.staff)
        return render_template("console/refused.html", asked=asked, board=None, names=names), 422
    below, above = (number(request.args.get(name)) for name in ("before", "after"))
    board = service.list_refused(context_of(), g.staff, asked.sought, address(), below, above)
    return render_template("console/refused.html", asked=asked, board=board, names=board.names)


@requires(Right.RELEASE_QUARANTINE)
def refused_one(item: int) -> str | Response:
    """Show one refused event: why, by which article, what to do, what may be read of it."""
    return _one(item)


@requires(Right.RELEASE_QUARANTINE)
def replay_one(item: int) -> str | Response:
    """Judge one refused event again and show what became of it."""
    done = service.replay_one(context_of(), g.staff, item, _reader(), address())
    return answer(404) if done is None else _one(item, replayed=done)


@requires(Right.RELEASE_QUARANTINE)
def close_one(item: int) -> str | Response | tuple[str | Response, int]:
    """Close one refused event with a reason."""
    done = service.close_one(context_of(), g.staff, item, request.form.get("reason", ""), address())
    if done is None:
        return answer(404)
    return _one(item, closed=done) if isinstance(done, Closing) else (_one(item, unreasoned=True), 422)


def _one(item: int, **more: object) -> str | Response:
    shown = service.show_refused(context_of(), g.staff, item, address())
    if shown is None:
        return answer(404)
    reasons: Sequence[tuple[str, str]] = [
        (code, words[language() == "en"]) for code, words in REASONS.items()
    ]
    asked = read(request.args)
    back = {} if asked.faults else asked.with_()
    return render_template("console/refused_one.html", shown=shown, reasons=reasons, back=back, **more)


def _reader() -> Reader:
    return reader(context_of().settings.incident_pattern)
