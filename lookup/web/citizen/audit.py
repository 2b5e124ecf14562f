"""The public side of the audit log: checkpoint, tiles, policy, receipts, and pages that explain and check them."""

from __future__ import annotations

import re

from flask import Flask, Response, g, jsonify, render_template, request

from lookup.ledger.wire import b64encode
from lookup.services import look_cursor, receipts, transparency
from lookup.services.list_accesses import Accesses, list_accesses
from lookup.services.look_cursor import Key
from lookup.services.open_report import Gone
from lookup.services.receipts import Archived, Waiting
from lookup.services.watch_log import watch_log
from lookup.web.citizen import passes
from lookup.web.citizen.api import no_pass, problem
from lookup.web.citizen.errors import failed
from lookup.web.citizen.passes import context_of, requires_pass
from lookup.web.citizen.views import gone
from lookup.web.guards import open_to_all
from lookup.web.i18n import gettext as _
from lookup.web.network import address

FOR_EVER = "public, max-age=31536000, immutable"
FRESH = "public, no-cache"
_PLACE = re.compile(r"([1-9][0-9]{0,15})-([1-9][0-9]{0,15})")


def add_audit(app: Flask) -> None:
    """Register every route: this is the whole list."""
    for path, view in (
        ("/healthz/audit", health), ("/audit", explain), ("/audit/verify", check), ("/audit/checkpoint", checkpoint),
        ("/audit/tile/<path:rest>", tile), ("/audit/policy", policy), ("/audit/consistency", consistency),
        ("/report/accesses", accesses), ("/api/v1/report/accesses", accesses_json),
        ("/api/v1/receipts/<place>", receipt), ("/api/v1/receipts/<place>/opening", opening),
    ):  # fmt: skip
        app.add_url_rule(path, view_func=view)


def _public(data: bytes | str, kept: str = FRESH, kind: str = "text/plain; charset=utf-8") -> Response:
    """An answer that every other site may read too: whoever checks the log need not be a guest of it."""
    response = Response(data, content_type=kind)
    response.headers["Cache-Control"] = kept
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _nothing(text: str) -> Response:
    return Response(text + "\n", 404, content_type="text/plain; charset=utf-8")


@open_to_all
def health() -> tuple[dict[str, object], int]:
    """Return the state of the log for monitoring: 503 with `reasons` when somebody has to look."""
    told = watch_log(context_of().database, receipts.watched(context_of().settings))
    return told, 200 if told["ok"] else 503


@open_to_all
def explain() -> str:
    """Explain in plain words what the log proves and what it can not, with the latest checkpoint."""
    return render_template("citizen/audit.html", latest=transparency.checkpoint(context_of().database))


@open_to_all
def check() -> str:
    """A page that verifies a receipt in the browser; nothing is sent anywhere."""
    return render_template("citizen/check.html")


@open_to_all
def checkpoint() -> Response:
    """Return the newest checkpoint (C2SP tlog-checkpoint)."""
    latest = transparency.checkpoint(context_of().database)
    return _nothing("the log is empty") if latest is None else _public(latest[0])


@open_to_all
def tile(rest: str) -> Response:
    """Return a hash tile (C2SP tlog-tiles); entry bundles are for auditors only."""
    data = transparency.tile(context_of().database, f"tile/{rest}")
    if data is None:
        return _nothing("no such tile")
    return _public(data, FOR_EVER, "application/octet-stream")


@open_to_all
def policy() -> Response:
    """Return whose signatures count (C2SP tlog-policy)."""
    text = context_of().settings.policy
    return _public(text) if text else _nothing("no policy is published")


@open_to_all
def consistency() -> Response:
    """Return the base64 lines of the proof between two sizes."""
    sizes = [request.args.get(name, "") for name in ("old", "new")]
    if not all(re.fullmatch(r"[0-9]{1,16}", size) for size in sizes):
        return Response("old and new are sizes of the tree\n", 400, content_type="text/plain")
    proof = transparency.consistency(context_of().database, *map(int, sizes))
    if proof is None:
        return _nothing("no proof between these sizes")
    return _public(b"".join(b64encode(each) + b"\n" for each in proof), FOR_EVER)


@open_to_all
def receipt(place: str) -> Response:
    """Return the receipt of an entry to whoever holds its capability."""
    found = _capable(place, "receipt")
    if found is None:
        return failed(404)
    made = receipts.make_receipt(context_of().database, context_of().settings, *found)
    if isinstance(made, bytes):
        return _download(made, place)
    return _waiting() if isinstance(made, Waiting) else _archived(made)


def _capable(place: str, what: str) -> tuple[int, int] | None:
    parts = _PLACE.fullmatch(place)
    key = request.args.get("k", "")
    if parts is None or not receipts.is_capable(context_of().settings, place, key, what):
        return None
    return int(parts[1]), int(parts[2])


def _download(made: bytes, place: str) -> Response:
    response = Response(made, content_type="text/plain; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="receipt-{place}.txt"'
    return response


def _waiting() -> Response:
    text = _("回执还没有准备好，请过一两秒再点一次。")
    return Response(text + "\n", 202, {"Retry-After": "1"}, content_type="text/plain; charset=utf-8")


def _archived(where: Archived) -> Response:
    detail = _("这一条已转入档案，请向公安机关索取这一段档案中的回执。")
    return problem(410, "archived", _("回执已转入档案"), detail, segment=f"{where.lo}-{where.hi}")


@open_to_all
def opening(place: str) -> Response:
    """Return the restricted part of one's own entry, to check it against the receipt."""
    found = _capable(place, "opening")
    opened = receipts.opening(context_of().database, *found) if found else None
    return failed(404) if opened is None else jsonify(opened)


@requires_pass(gone)
def accesses() -> Response | tuple[str, int]:
    """Show who looked at the report of the pass."""
    listed = list_accesses(context_of(), g.held, address(), _before())
    if isinstance(listed, Gone):
        return gone()
    page = render_template("citizen/accesses.html", listed=listed)
    return passes.live_on(Response(page, mimetype="text/html"))


@requires_pass(no_pass)
def accesses_json() -> Response:
    """Return who looked at the report of the pass."""
    before = _before()
    if before is None and "before" in request.args:
        return problem(400, "cursor", _("这个位置无法识别"), _("请从最近的记录重新开始。"))
    listed = list_accesses(context_of(), g.held, address(), before)
    if isinstance(listed, Gone):
        return no_pass()
    return passes.live_on(jsonify(_told(listed)), header=True)


def _before() -> Key | None:
    """Where the page begins; None, which is the newest page, for anything that is no cursor of this report."""
    return look_cursor.read(context_of().settings.seal_key, g.held.report, request.args.get("before", ""))


def _told(listed: Accesses) -> dict[str, object]:
    names = ("role", "body", "action", "outcome", "place", "index", "receipt", "delayed")
    looks = [
        {"at": each.at.isoformat()} | {name: getattr(each, name) for name in names} for each in listed.looks
    ]
    return {
        "accesses": looks,
        "withheld": listed.withheld,
        "more": listed.older is not None,
        "older": listed.older,
        "as_of": listed.as_of,
        "entry": listed.entry,
    }
