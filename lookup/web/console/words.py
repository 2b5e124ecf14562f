"""What the templates of the console are given: the words of each page, and times."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

from flask import Flask, g
from markupsafe import Markup

from lookup.domain.roles import Right
from lookup.services.list_entries import Line
from lookup.web.console.code_words import actions, notable, outcomes, rights, roles, who
from lookup.web.console.detail_words import detail
from lookup.web.console.entry_words import deed, ending
from lookup.web.console.filters import local, write_cursor
from lookup.web.console.list_words import date_of, stands, unused_for
from lookup.web.console.quarantine_words import add_words as add_quarantine_words
from lookup.web.console.waiting_words import add_words as add_waiting_words


def add_words(app: Flask) -> None:
    """Give the templates of the console their words."""
    app.jinja_env.filters.update(
        action=lambda code: actions().get(code, (code, ""))[0],
        outcome=lambda code: outcomes().get(code, (code, ""))[0],
        who=who,
        local=local,
        clock=clock,
        deed=deed,
        ending=ending,
        detail=detail,
        groupby_day=by_day,
        role=lambda role: roles().get(role, role),
        list_state=stands,
        date_of=date_of,
        unused_for=unused_for,
    )
    app.jinja_env.globals.update(
        actions=actions,
        outcomes=outcomes,
        notable=notable,
        rights=rights,
        write_cursor=write_cursor,
        Right=Right,
    )
    app.context_processor(lambda: {"staff": g.get("staff")})
    add_quarantine_words(app)
    add_waiting_words(app)


def clock(us: int) -> Markup:
    """Return the local time of day to the second as a `time` element."""
    at = local(us)
    return Markup('<time datetime="{}">{}</time>').format(at.isoformat(), f"{at:%H:%M:%S}")


def by_day(lines: Sequence[Line]) -> list[tuple[datetime, list[Line]]]:
    """Return the lines by local day, in the order they come."""
    days = groupby(lines, key=lambda line: local(line.at).date())
    return [(local(group[0].at), group) for group in (list(found) for _day, found in days)]
