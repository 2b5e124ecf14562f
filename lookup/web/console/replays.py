"""Judging all refused events that match again: the question with its conditions, the act, and what became of each.

The act ends in a redirect, so that reloading its result repeats nothing. What was counted comes along, signed.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import replace
from urllib.parse import urlencode

from flask import Flask, Response, g, render_template, request
from itsdangerous import BadData, URLSafeSerializer

from lookup.domain.roles import Right
from lookup.services import oversee_quarantine as service
from lookup.services.oversee_quarantine import Round
from lookup.web.console.refused_filters import number, read
from lookup.web.console.sessions import context_of, requires, to
from lookup.web.network import address
from lookup.web.push.arriving import reader


def add_replays(app: Flask) -> None:
    """Register both routes."""
    app.add_url_rule("/quarantine/replay", view_func=replay_page)
    app.add_url_rule("/quarantine/replay", view_func=replay_form, methods=["POST"])


@requires(Right.RELEASE_QUARANTINE)
def replay_page() -> str | tuple[str, int]:
    """Ask whether everything that matches shall be judged again; after that was done, say what became of it."""
    asked, names = read(request.args), service.client_names(context_of(), g.staff)
    if asked.faults:
        return render_template("console/refused.html", asked=asked, board=None, names=names), 422
    asked.sought = replace(asked.sought, beyond=number(request.args.get("beyond")))
    told = {"asked": asked, "names": names, "most": service.AT_ONCE}
    told["number"] = service.count_open(context_of(), g.staff, asked.sought)
    past = _opened(request.args.get("done", ""))
    if past is not None:
        told |= {"past": past, "items": service.show_round(context_of(), g.staff, past, address())}
    return render_template("console/replay.html", **told)


@requires(Right.RELEASE_QUARANTINE)
def replay_form() -> Response | tuple[str, int]:
    """Judge the oldest that match again and go on to what became of each."""
    asked = read(request.form)
    if asked.faults:
        names = service.client_names(context_of(), g.staff)
        return render_template("console/refused.html", asked=asked, board=None, names=names), 422
    asked.sought = replace(asked.sought, beyond=number(request.form.get("beyond")))
    read_body = reader(context_of().settings.incident_pattern)
    last, done = service.replay_all(context_of(), g.staff, asked.sought, read_body, address())
    query = asked.with_(beyond=str(last or ""), done=_sealed(done))
    return to(f"/quarantine/replay?{urlencode(query)}")


def _signer() -> URLSafeSerializer:
    keys = list(context_of().settings.session_keys)
    return URLSafeSerializer(
        keys, salt=b"lookup-console-replayed-v1", signer_kwargs={"digest_method": hashlib.sha256}
    )


def _sealed(done: Round) -> str:
    text: str = _signer().dumps([g.staff.id.hex(), done.since, done.until, done.counts])
    return text


def _opened(text: str) -> Round | None:
    """Return what this very account did; None for anything that this site did not sign for it."""
    try:
        who, since, until, counts = _signer().loads(text)
    except BadData:
        return None
    return Round(since, until, Counter(counts)) if who == g.staff.id.hex() else None
