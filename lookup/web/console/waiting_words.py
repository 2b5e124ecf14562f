"""Events that wait in words a supervisor understands: what each says, how long it has waited, and what to do."""

from __future__ import annotations

from flask import Flask

from lookup.domain.events import Kind
from lookup.services.oversee_waiting import Waits
from lookup.web.i18n import gettext as _
from lookup.web.i18n import language, ngettext
from lookup.web.pages import in_language

MOST_NAMED = 3


def add_words(app: Flask) -> None:
    """Give the templates their words."""
    app.jinja_env.filters.update(waited=waited, says=says, lacks=lacks, mends=mends)


def waited(hours: int) -> str:
    """Return whole hours in words, from two days on as whole days."""
    if hours < 1:
        return _("不到 1 小时")
    if hours < 48:
        return ngettext("%(num)d 小时", "%(num)d 小时", hours) % {"num": hours}
    return ngettext("%(num)d 天", "%(num)d 天", hours // 24) % {"num": hours // 24}


def says(waits: Waits) -> str:
    """Return what the event says: the state that it enters, or what sort of statement it is."""
    return in_language(waits.enters, language()) if waits.enters else kinds()[waits.step.kind]


def lacks(waits: Waits) -> str:
    """Return what is missing so that it counts."""
    if waits.lacks == "step":
        found = _("”或“").join(in_language(text, language()) for text in waits.before[:MOST_NAMED])
        more = len(waits.before) > MOST_NAMED
        return (_("缺前一步：“%(steps)s”等") if more else _("缺前一步：“%(steps)s”")) % {"steps": found}
    return {
        "clause": _("缺理由或者对象：从现在的状态走这一步，必须写明"),
        "case": _("缺案件的开头：还没有收到这起案件的审查或立案"),
        "original": _("缺原来那一条：它要更正或撤回的还没有送到，或者不归它的单位更正"),
        "nothing": _("没有哪一步能使它衔接，多半是它自己有误"),
    }[waits.lacks]


def mends(waits: Waits) -> str:
    """Return what to do about it."""
    if waits.lacks in ("nothing", "clause"):
        return _("请来源核对，送来更正或撤回")
    return _("请来源补送；如果并不缺，请来源更正或撤回这一条")


def kinds() -> dict[str, str]:
    """Return what sort of statement an event is, by the code of its sort."""
    return {
        Kind.TRANSITION: _("进入下一步"),
        Kind.CORRECTION: _("更正"),
        Kind.RETRACTION: _("撤回一条"),
        Kind.PAUSE: _("暂停计算期限"),
        Kind.RESUME: _("恢复计算期限"),
        Kind.EXTENSION: _("延长期限"),
        Kind.DOCUMENT: _("文书"),
        Kind.WITHHOLD: _("不在网上公开"),
        Kind.RELEASE: _("恢复公开"),
        Kind.MARK: _("标注"),
    }
