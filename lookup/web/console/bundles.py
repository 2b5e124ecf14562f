"""The log for auditors: a checkpoint and entry bundles in the shapes of C2SP tlog-tiles, behind the auditor's right."""

from __future__ import annotations

from flask import Flask, Response, g

from lookup.domain.roles import Right
from lookup.services.entry_bundles import bundle, checkpoint_to_audit
from lookup.web.console.errors import answer
from lookup.web.console.sessions import context_of, requires
from lookup.web.network import address


def add_bundles(app: Flask) -> None:
    """Register both routes; the prefix of the log is /audit."""
    app.add_url_rule("/audit/checkpoint", view_func=audit_checkpoint)
    app.add_url_rule("/audit/tile/entries/<path:rest>", view_func=entry_bundle)


@requires(Right.VERIFY_LEDGER)
def audit_checkpoint() -> Response:
    """Return the checkpoint to verify up to."""
    note = checkpoint_to_audit(context_of().database)
    return answer(404) if note is None else Response(note, content_type="text/plain; charset=utf-8")


@requires(Right.VERIFY_LEDGER)
def entry_bundle(rest: str) -> Response:
    """Return an entry bundle; the fetch is an entry first."""
    made = bundle(context_of(), g.staff, f"tile/entries/{rest}", address())
    return answer(404) if made is None else Response(made, content_type="application/octet-stream")
