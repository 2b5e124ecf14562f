"""Pages that make omission visible: lists of each day (每警必录), gaps in the sequences, and events that wait."""

from __future__ import annotations

import re
from functools import partial

from flask import Flask, Response, g, render_template, request

from lookup.domain.roles import Right
from lookup.services import find_report
from lookup.services.list_gaps import list_sources
from lookup.services.oversee_lists import Key, oversee_list, oversee_lists
from lookup.services.oversee_waiting import Key as Waited
from lookup.services.oversee_waiting import list_waiting
from lookup.web.console.errors import answer
from lookup.web.console.sessions import context_of, requires
from lookup.web.network import address

MOST_SHOWN = 500
_CURSOR = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})\.([1-9][0-9]{0,15})")
_WAITED = re.compile(r"([1-9][0-9]{0,15})\.([1-9][0-9]{0,15})")


def add_oversight(app: Flask) -> None:
    """Register the pages."""
    app.add_url_rule("/manifests", view_func=manifest_list)
    app.add_url_rule("/manifests/<int(max=9007199254740991):id_>", view_func=one_manifest)
    app.add_url_rule("/sources", view_func=source_list)
    app.add_url_rule("/waiting", view_func=waiting_list)


@requires(Right.SEE_INCIDENTS)
def manifest_list() -> str:
    """List the lists of each day and how they compare now."""
    found = oversee_lists(context_of(), g.staff, address(), cursor(request.args.get("before")))
    return render_template("console/manifests.html", found=found)


@requires(Right.SEE_INCIDENTS)
def one_manifest(id_: int) -> str | Response:
    """Show which numbers either side lacks; they stand in the page, only their tokens in addresses."""
    found = oversee_list(context_of(), g.staff, id_, address())
    if found is None:
        return answer(404)
    report_of = partial(find_report.report_of, context_of())
    return render_template("console/manifest.html", found=found, most=MOST_SHOWN, report_of=report_of)


@requires(Right.SEE_INCIDENTS)
def source_list() -> str:
    """List the sources, which numbers of their sequences have not come, and which they declared unused."""
    text = request.args.get("below", "")
    below = int(text) if re.fullmatch(r"[1-9][0-9]{0,14}", text, re.ASCII) else None
    found = list_sources(context_of(), g.staff, address(), below)
    return render_template("console/sources.html", found=found, grace=context_of().settings.gap_minutes)


@requires(Right.SEE_INCIDENTS)
def waiting_list() -> str:
    """List the events that wait, what each lacks and what to do."""
    found = _WAITED.fullmatch(request.args.get("after", ""))
    after = Waited(int(found.group(1)), int(found.group(2))) if found else None
    page = list_waiting(context_of(), g.staff, address(), after)
    return render_template("console/waiting.html", page=page)


def cursor(text: str | None) -> Key | None:
    """Return where a page begins; None, which is the latest page, for anything that is no cursor."""
    found = _CURSOR.fullmatch(text or "")
    return Key(found.group(1), int(found.group(2))) if found else None
