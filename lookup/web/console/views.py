"""The pages of the console. A view asks one use case and renders what it says."""

from __future__ import annotations

from flask import Flask, Response, g, render_template, request

from lookup.domain.faults import Fault
from lookup.domain.roles import Right
from lookup.services.find_report import find_report
from lookup.services.list_entries import list_entries, note_look
from lookup.services.show_entry import show_entry
from lookup.services.sign_in import Credentials, SignedIn, Wait, sign_in
from lookup.services.staff_session import recent_sign_ins, sign_out
from lookup.web.console import alarms, bundles, covert, filters, oversight, quarantine, replays
from lookup.web.console.errors import answer
from lookup.web.console.filters import Asked
from lookup.web.console.onward import known
from lookup.web.console.sessions import context_of, cookie, hand_over, requires, signed_in, take_away, to
from lookup.web.guards import open_to_all
from lookup.web.network import address


def add_views(app: Flask) -> None:
    """Register every page: this is the whole list."""
    app.add_url_rule("/", view_func=home)
    app.add_url_rule("/sign-in", view_func=sign_in_page)
    app.add_url_rule("/sign-in", view_func=sign_in_form, methods=["POST"])
    app.add_url_rule("/sign-out", view_func=sign_out_form, methods=["POST"])
    app.add_url_rule("/account", view_func=account)
    app.add_url_rule("/entries", view_func=entry_list)
    app.add_url_rule("/entries/report", view_func=by_report, methods=["POST"])
    app.add_url_rule(
        "/entries/<int(max=9007199254740991):writer>-<int(max=9007199254740991):seq>", view_func=one_entry
    )
    app.add_url_rule("/healthz", view_func=healthz)
    alarms.add_alarms(app)
    covert.add_covert(app)
    bundles.add_bundles(app)
    oversight.add_oversight(app)
    quarantine.add_quarantine(app)
    replays.add_replays(app)


@signed_in
def home() -> Response:
    """Go where the account's work is."""
    return to("/entries" if g.staff.may(Right.SEE_LEDGER) else "/account")


@open_to_all
def sign_in_page() -> str:
    """Ask for name, password and one-time code."""
    onward = known(request.args.get("to", ""))
    return render_template("console/sign_in.html", ended="ended" in request.args, onward=onward)


@open_to_all
def sign_in_form() -> Response | tuple[str, int]:
    """Begin a session; every mistake is answered alike."""
    form = request.form.get
    typed = Credentials(
        form("name", ""), form("password", ""), form("code", ""),
        request.cookies.get(cookie("device")), form("ticket"), address(),
    )  # fmt: skip
    done, onward = sign_in(context_of(), typed), known(form("to", ""))
    if isinstance(done, SignedIn):
        return hand_over(to(onward or "/"), done)
    if isinstance(done, Wait):
        return render_template("console/sign_in.html", wait=done, onward=onward), 429
    return render_template("console/sign_in.html", refused=True, onward=onward), 403


@signed_in
def sign_out_form() -> Response:
    """End the session."""
    sign_out(context_of(), g.staff, address())
    return take_away(to("/sign-in"))


@signed_in
def account() -> str:
    """Show the account its own role, jurisdiction and sign-ins."""
    return render_template("console/account.html", recent=recent_sign_ins(context_of(), g.staff))


@requires(Right.SEE_LEDGER)
def entry_list() -> str | tuple[str, int]:
    """List the entries that the address asks for."""
    asked = filters.read(context_of(), request.args)
    if asked.faults:
        note_look(context_of(), g.staff, "failed", address())
        return render_template("console/entries.html", asked=asked, listing=None), 422
    return _listed(asked)


def _listed(asked: Asked, fault: Fault | None = None) -> str:
    listing = list_entries(context_of(), g.staff, asked.filter, address(), asked.before, asked.after)
    return render_template("console/entries.html", asked=asked, listing=listing, number_fault=fault)


@requires(Right.SEE_LEDGER)
def by_report() -> Response | tuple[str, int]:
    """Turn an incident number, which never stands in an address, into the token of its report."""
    found = find_report(context_of(), request.form.get("number", ""))
    if isinstance(found, Fault):
        return _listed(Asked({}), found), 422
    return to(f"/entries?report={found.hex()}")


@requires(Right.SEE_LEDGER)
def one_entry(writer: int, seq: int) -> str | Response:
    """Show one entry and what proves it."""
    shown = show_entry(context_of(), g.staff, (writer, seq), address())
    return answer(404) if shown is None else render_template("console/entry.html", shown=shown)


@open_to_all
def healthz() -> dict[str, str]:
    """Say that this process answers."""
    return {"status": "ok"}
