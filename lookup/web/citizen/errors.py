"""What goes wrong before or beside a view, said helpfully; each leaves its entry or nothing is answered but 503."""

from __future__ import annotations

from flask import Flask, Response, jsonify, render_template, request

from lookup.web.failures import answer_failures, noted
from lookup.web.i18n import gettext as _
from lookup.web.outage import watch


def words(status: int) -> tuple[str, str, str]:
    """Return title, what happened, and what to do now, in the language of the request."""
    nothing_lost = _("您填写的内容没有被保存，也没有丢失任何警情信息。")
    known = {
        400: (_("没有看懂这次请求"), nothing_lost, _("请返回查询页重新填写。")),
        403: (
            _("这次请求不是从本网站发出的"),
            _("为了保护您，我们没有处理它。"),
            _("请直接打开查询页填写。"),
        ),
        404: (_("没有这个页面"), _("地址可能输错了，或者页面已经移走。"), _("请从查询页开始。")),
        405: (_("这个地址不能这样打开"), nothing_lost, _("请从查询页开始。")),
        413: (_("填写的内容太长"), nothing_lost, _("请检查每一栏，只填写需要的内容。")),
        415: (_("内容的格式不对"), nothing_lost, _("请用查询页填写，或按接口说明发送 JSON。")),
        429: (
            _("来自您所在网络的请求太多"),
            _("这不一定是您造成的，同一网络里可能有很多人在用。没有丢失任何内容。"),
            _("请过一分钟再试。"),
        ),
        503: (
            _("现在暂时不能查询"),
            _("每次查询都必须留下记录，现在记录写不进去，所以没有给出任何信息。您的警情没有受影响。"),
            _("请过几分钟再试。如有紧急情况，请拨打110。"),
        ),
    }
    return known.get(status, known[400 if status < 500 else 503])


def add_errors(app: Flask) -> None:
    """Answer every error of `app`, and refuse forms that another site sends."""
    answer_failures(app, failed, _answer, lambda: failed(403))
    watch(app, app.extensions["lookup"], lambda: _answer(503))


def failed(status: int) -> Response:
    """Return the answer for `status`, its entry written first."""
    return noted("lookup.verify", status, _answer)


def _answer(status: int) -> Response:
    status = status if status < 500 else 503
    title, detail, action = words(status)
    if request.path.startswith("/api/"):
        response = jsonify(
            type=f"urn:lookup:problem:{status}", title=title, status=status, detail=f"{detail}{action}"
        )
        response.mimetype = "application/problem+json"
    else:
        page = render_template("citizen/error.html", status=status, title=title, detail=detail, action=action)
        response = Response(page, mimetype="text/html")
    response.status_code = status
    if status in (429, 503):
        response.headers["Retry-After"] = "60"
    return response
