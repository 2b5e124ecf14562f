"""Refused events (隔离件): the list with its filters, one in detail, replaying one or all that match, closing one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from flask import Flask, Response, g, render_template, request

from lookup.domain.faults import Fault
from lookup.domain.quarantine import REASONS, State
from lookup.domain.roles import Right
from lookup.services import oversee_quarantine as service
from lookup.services.oversee_quarantine import Sought
from lookup.services.replay_quarantine import Closing, Reader
from lookup.web.console import filters
from lookup.web.console.errors import answer
from lookup.web.console.sessions import context_of, requires
from lookup.web.i18n import language
from lookup.web.network import address
from lookup.web.push.arriving import reader

_ITEM = "/quarantine/<int(min=1, max=9007199254740991):item>"
_PATTERNS = {
    "state": "|".join((*State, "any")),
    "rule": r"[A-Za-z0-9_./-]{1,100}",
    "client": r"[a-z][a-z0-9-]{1,31}",
    "event": r"[!-~]{1,128}",
}


@dataclass(slots=True)
class Asked:
    """What somebody asks to see. `typed` is what stands in the form; with `faults` nothing may be searched."""

    typed: dict[str, str]
    sought: Sought = field(default_factory=Sought)
    faults: dict[str, Fault] = field(default_factory=dict)

    def with_(self, **changes: str) -> dict[str, str]:
        """Return the words of the address for the same question with some parts changed; "" leaves one out."""
        return {name: value for name, value in (self.typed | changes).items() if value}


def add_quarantine(app: Flask) -> None:
    """Register the pages."""
    app.add_url_rule("/quarantine", view_func=refused_list)
    app.add_url_rule(_ITEM, view_func=refused_one)
    app.add_url_rule(f"{_ITEM}/replay", view_func=replay_one, methods=["POST"])
    app.add_url_rule(f"{_ITEM}/close", view_func=close_one, methods=["POST"])
    app.add_url_rule("/quarantine/replay", view_func=replay_page)
    app.add_url_rule("/quarantine/replay", view_func=replay_form, methods=["POST"])


@requires(Right.RELEASE_QUARANTINE)
def refused_list() -> str | tuple[str, int]:
    """List the refused events that the address asks for, and count the open ones."""
    asked = read(request.args)
    if asked.faults:
        return render_template("console/refused.html", asked=asked, board=None), 422
    below, above = (_number(request.args.get(name)) for name in ("before", "after"))
    board = service.list_refused(context_of(), g.staff, asked.sought, address(), below, above)
    return render_template("console/refused.html", asked=asked, board=board)


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


@requires(Right.RELEASE_QUARANTINE)
def replay_page() -> str | tuple[str, int]:
    """Ask whether everything that matches shall be judged again."""
    asked = read(request.args)
    if asked.faults:
        return render_template("console/refused.html", asked=asked, board=None), 422
    number = service.count_open(context_of(), g.staff, asked.sought)
    return render_template("console/replay.html", asked=asked, number=number, most=service.AT_ONCE)


@requires(Right.RELEASE_QUARANTINE)
def replay_form() -> str | tuple[str, int]:
    """Judge the oldest that match again and show what became of each."""
    asked = read(request.form)
    if asked.faults:
        return render_template("console/refused.html", asked=asked, board=None), 422
    asked.sought = replace(asked.sought, beyond=_number(request.form.get("beyond")))
    done = service.replay_all(context_of(), g.staff, asked.sought, _reader(), address())
    asked.sought = replace(asked.sought, beyond=done[-1].item if done else asked.sought.beyond)
    left = service.count_open(context_of(), g.staff, asked.sought)
    return render_template("console/replay.html", asked=asked, done=done, number=left, most=service.AT_ONCE)


def read(args: Mapping[str, str]) -> Asked:
    """Return what a filter asks; wrong parts are named in `faults`. Without a state: open ones, `any`: all."""
    names = (*_PATTERNS, "since", "until")
    asked = Asked({name: args[name].strip() for name in names if args.get(name, "").strip()})
    for name, text in asked.typed.items():
        value: Any = filters.moment(text) if name in ("since", "until") else text
        if name in _PATTERNS and not re.fullmatch(_PATTERNS[name], text, re.ASCII):
            value = Fault("filter", "unknown")
        if isinstance(value, Fault):
            asked.faults[name] = value
        else:
            asked.sought = replace(asked.sought, **{name: None if value == "any" else value})
    if "state" not in asked.typed:
        asked.sought = replace(asked.sought, state=State.OPEN.value)
    return asked


def _one(item: int, **more: object) -> str | Response:
    shown = service.show_refused(context_of(), g.staff, item, address())
    if shown is None:
        return answer(404)
    reasons: Sequence[tuple[str, str]] = [
        (code, words[language() == "en"]) for code, words in REASONS.items()
    ]
    return render_template("console/refused_one.html", shown=shown, reasons=reasons, **more)


def _reader() -> Reader:
    return reader(context_of().settings.incident_pattern)


def _number(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"[0-9]{1,15}", text, re.ASCII) else None
