"""What goes wrong before or beside a view, said helpfully; each leaves its entry or nothing is answered but 503."""

from __future__ import annotations

from flask import Flask, Response, render_template
from flask_wtf.csrf import CSRFError

from lookup.web.failures import Answer, Asker, answer_failures, noted
from lookup.web.i18n import gettext as _


def words(status: int) -> tuple[str, str]:
    """Return what happened and what to do now, in the language of the request."""
    known = {
        400: (_("没有看懂这次请求"), _("没有做任何改动。请返回上一页重试。")),
        403: (
            _("您的角色不能打开这一页"),
            _("没有显示任何内容，这次尝试已经记录。如需权限，请联系安全管理员。"),
        ),
        404: (_("没有这一页或这条记录"), _("地址可能输错了。请从列表重新打开。")),
        405: (_("这个地址不能这样打开"), _("没有做任何改动。请从列表重新打开。")),
        413: (_("提交的内容太长"), _("没有做任何改动。请只填写需要的内容。")),
        419: (_("这个页面放得太久了"), _("没有做任何改动。请重新打开页面，再提交一次。")),
        429: (_("来自您所在网络的请求太多"), _("没有做任何改动。请过一分钟再试。")),
        503: (
            _("现在暂时不能使用"),
            _(
                "每次查看都必须留下记录，现在记录写不进去，所以没有显示任何内容。请过几分钟再试，并告知系统管理员。"
            ),
        ),
    }
    return known.get(status, known[400 if status < 500 else 503])


def add_errors(app: Flask, asker: Asker) -> None:
    """Answer every error of `app`, and refuse forms that another site sends; the entries name `asker()`."""

    def failed(status: int, say: Answer = answer) -> Response:
        return noted("console.view", status, say, asker)

    def stale() -> Response:
        return failed(400, lambda status: answer(status, 419 if status == 400 else None))

    app.register_error_handler(CSRFError, lambda error: stale())
    answer_failures(app, failed, answer, stale)


def answer(status: int, meaning: int | None = None) -> Response:
    """Return the page for `status`, in the words of `meaning` where they differ."""
    status = status if status < 500 else 503
    title, advice = words(meaning or status)
    page = render_template("console/error.html", title=title, advice=advice)
    response = Response(page, status, mimetype="text/html")
    if status in (429, 503):
        response.headers["Retry-After"] = "60"
    return response
