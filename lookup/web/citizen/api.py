"""The JSON API of the citizen surface: the same use cases, problems by RFC 9457, no input echoed."""

from __future__ import annotations

import json
from typing import Any

from flask import Flask, Response, g, jsonify, request
from pydantic import ValidationError

from lookup.domain.faults import Fault
from lookup.services.open_report import Gone, Opened, open_report
from lookup.services.prove_reference import Limited, Proved, prove
from lookup.services.receipts import capability
from lookup.services.sign_out import sign_out
from lookup.settings import CitizenSettings
from lookup.web.citizen import openapi, passes
from lookup.web.citizen.forms import Form
from lookup.web.citizen.models import Verification
from lookup.web.citizen.passes import context_of, requires_pass
from lookup.web.guards import open_to_all
from lookup.web.i18n import gettext as _
from lookup.web.i18n import language
from lookup.web.network import address


def add_api(app: Flask) -> None:
    """Register every route of the API: this is the whole list."""
    app.add_url_rule("/api/v1/verifications", view_func=verification, methods=["POST"])
    app.add_url_rule("/api/v1/report", view_func=report_json)
    app.add_url_rule("/api/v1/session", view_func=end_session, methods=["DELETE"])
    app.add_url_rule("/api/v1/openapi.json", view_func=describe)


def problem(status: int, code: str, title: str, detail: str, **more: Any) -> Response:
    """Return a problem document."""
    response = jsonify(type=f"urn:lookup:problem:{code}", title=title, status=status, detail=detail, **more)
    response.mimetype = "application/problem+json"
    response.status_code = status
    return response


@open_to_all
def verification() -> Response:
    """Prove a reference; the answer carries the pass as cookie and as bearer token."""
    form = _form()
    if isinstance(form, Response):
        return form
    claim = form.claim(address(), context_of().settings.incident_pattern)
    if claim is None:
        return _faults([_told_fault(fault) for fault in form.faults])
    answer = prove(context_of(), claim)
    if isinstance(answer, Proved):
        return _proved(answer)
    return _limited(answer) if isinstance(answer, Limited) else refused()


def _form() -> Form | Response:
    """Return the form that the JSON body stands for, or what is wrong with its shape; never what was sent."""
    try:
        return Verification.model_validate_json(request.get_data()).form()
    except ValidationError as error:
        shape = _("这一项不符合接口说明（/api/v1/openapi.json）。")
        found = error.errors(include_input=False, include_url=False, include_context=False)
        known = Verification.model_json_schema()["properties"]
        fields = {str(each["loc"][0]) if each["loc"] else "" for each in found}
        named = sorted(f"/{name}" if name in known else "" for name in fields)
        return _faults([{"field": name, "code": "shape", "detail": shape} for name in named])


def _told_fault(fault: Fault) -> dict[str, str]:
    return {"field": fault.field, "code": fault.code, "detail": fault.text(language())}


def _faults(told: list[dict[str, str]]) -> Response:
    detail = " ".join(dict.fromkeys(each["detail"] for each in told))
    return problem(422, "form", _("填写的内容需要改正"), detail, errors=told)


def _proved(proved: Proved) -> Response:
    pass_ = passes.issue(proved)
    told = {
        "pass": passes.write(pass_),
        "tier": proved.tier,
        "expires_in": passes.IDLE_S,
        "entry": proved.entry,
    }
    response = jsonify(told)
    response.status_code = 201
    return passes.hand_over(response, pass_)


def refused() -> Response:
    """Answer everything that does not match with one and the same document."""
    return problem(
        403,
        "refused",
        _("没有查到相符的警情"),
        _("接警编号、查询码和核对信息中至少有一项不相符。请逐项核对；如确已报警仍查不到，请联系受理单位。"),
    )


def _limited(limited: Limited) -> Response:
    response = problem(
        429,
        "limited",
        _("查询次数较多，请稍候"),
        _("没有人被锁定。等待后把 ticket 一并发送即可再试一次。"),
        ticket=limited.ticket,
        retry_after=limited.seconds,
    )
    response.headers["Retry-After"] = str(limited.seconds)
    return response


def no_pass() -> Response:
    """Say that a pass is needed or is over."""
    return problem(401, "pass", _("需要先验证"), _("通行凭证不存在、已过期或已退出，请重新验证。"))


@requires_pass(no_pass)
def report_json() -> Response:
    """Return the report of the pass; the header Lookup-Pass carries the pass for another idle period."""
    context = context_of()
    opened = open_report(context, g.held, address())
    if isinstance(opened, Gone):
        return no_pass()
    head = json.dumps(_told(opened, context.settings), ensure_ascii=False, separators=(",", ":"))
    report = context.law.texts.whole(opened.shown)
    response = Response(f'{head[:-1]},"report":{report}}}\n', mimetype="application/json")
    return passes.live_on(response, header=True)


def _told(opened: Opened, settings: CitizenSettings) -> dict[str, Any]:
    """Everything but the report itself, which is JSON already."""
    unit = opened.units.get(opened.unit or "")
    return {
        "incident": opened.number,
        "caller": opened.phone,
        "unit": {"name": unit.name, "name_en": unit.name_en, "phone": unit.phone} if unit else None,
        "updated": opened.updated.isoformat(),
        "entry": opened.entry,
        "audit": _audit(settings, opened.entry),
    }


def _audit(settings: CitizenSettings, place: str) -> dict[str, str]:
    """Where the receipt of an entry is, and the salt that opens its restricted part (design: docs/ledger.md)."""
    base = f"/api/v1/receipts/{place}"
    own = capability(settings, place, "opening")
    return {"receipt": f"{base}?k={capability(settings, place)}", "opening": f"{base}/opening?k={own}"}


@requires_pass(no_pass)
def end_session() -> Response:
    """End the pass."""
    sign_out(context_of(), g.held, address())
    return passes.take_away(Response(status=204))


@open_to_all
def describe() -> Response:
    """Return the OpenAPI document."""
    return jsonify(openapi.document())
