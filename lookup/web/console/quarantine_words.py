"""Refused events in words a supervisor understands: where one stands, and what to do about it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from flask import Flask

from lookup.domain.faults import MESSAGES
from lookup.domain.quarantine import REASONS
from lookup.services.authenticate_file import RULES
from lookup.services.intake_faults import CONFLICT, ENDED, FOREIGN, UNKNOWN
from lookup.services.oversee_quarantine import Item, Shown
from lookup.web.console.waiting_words import kinds
from lookup.web.i18n import gettext as _
from lookup.web.i18n import language
from lookup.web.pages import in_language
from lookup.web.push.faults import TEXTS
from lookup.web.push.problems import PROBLEMS
from lookup.web.push.wire import TYPE_PREFIX

FIXED = (CONFLICT, ENDED, FOREIGN, UNKNOWN)


def add_words(app: Flask) -> None:
    """Give the templates their words."""
    app.jinja_env.filters.update(
        brief=brief,
        meant=meant,
        state=lambda code: states().get(code, code),
        advice=advice,
        problem=problem,
        field_named=field_named,
        became=lambda outcome: became().get(outcome, outcome),
        closed_for=lambda code: REASONS[code][language() == "en"] if code in REASONS else code,
    )
    app.jinja_env.globals.update(refused_states=states, refused_conditions=conditions)


def states() -> dict[str, str]:
    """Return the name of every state."""
    return {
        "open": _("待处理"),
        "settled": _("已由补正事件了结"),
        "replayed": _("重放后已收下"),
        "closed": _("已关闭"),
        "withdrawn": _("来源已撤回"),
    }


def became() -> dict[str, str]:
    """Return what a replay's outcome means."""
    return {
        "accepted": _("已收下，进入办理情况"),
        "waiting": _("已收下，等前一步送达后计入"),
        "duplicate": _("同一事件此前已经收下，不重复计入"),
        "quarantined": _("仍不合规则，继续隔离"),
        "conflict": _("编号已属于另一条事件，继续隔离"),
        "ended": _("此前已经了结，没有再动"),
        "barred": _("来源系统已停用或到期，没有重放"),
    }


def advice(rule: str) -> str:
    """Return what to do about an event that this rule refused."""
    kind = rule.partition(".")[0]
    if rule in _special():
        return _special()[rule]
    if kind == "scope":
        return _(
            "如果这个来源确实有权：请系统管理员用 lookup client scope 改正它的范围，然后重放。"
            "如果无权：请来源改正后，用同一编号重新发送。"
        )
    if kind in ("wire", "json", "number", "batch"):
        return _(
            "这是内容或格式的错误，只有来源能改。请来源改正后用同一编号重新发送；"
            "没有可用编号的，用新编号发送，并在 supersedes 里写明这里的事件编号。"
        )
    return _(
        "如果是来源录错：请来源按规则改正后，用同一编号重新发送。"
        "如果是规则集有误：请更新规则集并重启服务，然后重放。"
    )


def _special() -> dict[str, str]:
    return {
        "event.id_reused": _(
            "同一编号下已经有另一条事件，重放不会有结果。如果这一条也属实：请来源用新编号发送，"
            "并在 supersedes 里写明这里的事件编号。如果是误发：关闭它。"
        ),
        "time.future": _("来源系统的时钟快了，请来源校准。等到写明的时间过去以后，也可以直接重放。"),
        "quarantine.unknown": _("请来源核对 supersedes 里写的编号，改正后用同一编号重新发送。"),
        "quarantine.ended": _(
            "它要补正的那一条已经由别的事件了结。如果那一条有误，请来源发送更正事件；否则关闭它。"
        ),
    }


def problem(item: Item) -> dict[str, str]:
    """Return field, reason and article of an item in the language of the request."""
    why = json.loads(item.problem)
    article = why.get("article") or {}
    text = _told_of_source().get(item.rule) or _said(why["text"])
    return {"field": why["field"], "text": text, "article": _said(article)}


def _told_of_source() -> dict[str, str]:
    """Return, by rule, what a source is told of itself, as a supervisor is told of the source."""
    return {
        "scope.source": _("事件里写的来源不是发送者登记的来源。"),
        "scope.unit": _("该来源无权代表这个单位。"),
        "scope.kind": _("该来源无权发送这一类事件。"),
        "scope.incident": _("这起警情属于其他地区，也没有移送给该来源的单位。"),
    }


def field_named(pointer: str) -> str:
    """Return what a JSON pointer into an event points to; "" for what has no name of its own nor lies in what has."""
    names, path = _fields(), re.sub(r"/[0-9]+(?=/|$)", "", pointer)
    while path not in names and path:
        path = path.rpartition("/")[0]
    return names.get(path, "")


def _fields() -> dict[str, str]:
    return {
        "/id": _("事件编号"), "/source": _("来源"), "/type": _("事件类型"), "/subject": _("接警编号"),
        "/time": _("发生时间"), "/sequence": _("送出的序号"), "/supersedes": _("所补正的事件"),
        "/data": _("内容"), "/data/unit": _("责任单位"), "/data/entered_at": _("录入时间"),
        "/data/from": _("离开的状态"), "/data/to": _("进入的状态"), "/data/case": _("案件编号"),
        "/data/case_kind": _("案件种类"), "/data/document": _("文书"), "/data/reason": _("理由"),
        "/data/replaces": _("要更正或撤回的事件"), "/data/approver": _("批准人工号"),
        "/data/target": _("并入的警情或移送的单位"), "/data/attributes": _("属性"), "/data/persons": _("当事人"),
        "/data/persons/role": _("当事人的身份"), "/data/persons/phone": _("当事人的电话"),
        "/data/persons/id_number": _("当事人的证件号"), "/data/persons/name": _("当事人的姓名"),
    }  # fmt: skip


def meant(shown: Shown, name: str) -> str:
    """Return what a code of a refused event means; "" for one that means nothing, often why it was refused."""
    if name == "type":
        return kinds().get(shown.content["type"].removeprefix(TYPE_PREFIX), "")
    return in_language(shown.named[name], language()) if name in shown.named else ""


def conditions(typed: Mapping[str, str], names: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return in words what a filter narrows the open refused events by; `names`: those of clients."""
    labels = {
        "client": _("来源系统"), "rule": _("原因（规则代码）"), "event": _("事件编号"),
        "since": _("从（北京时间）"), "until": _("到（不含）"),
    }  # fmt: skip
    said = dict(typed) | {name: typed[name].replace("T", " ") for name in ("since", "until") if name in typed}
    if "client" in typed:
        said["client"] = names.get(typed["client"], typed["client"])
    if "rule" in typed:
        said["rule"] = rule_named(typed["rule"]).rstrip("。.")
    return [(labels[name], text) for name, text in said.items() if name in labels]


def brief(text: str) -> str:
    """Return the first sentence: what is wrong with every event of the rule; what follows may be about one event."""
    return re.split(r"(?<=。)|(?<=\.)\s", text, maxsplit=1)[0]


def rule_named(rule: str) -> str:
    """Return a rule code with its words where they are the same for every event, else the code alone."""
    family, _dot, name = rule.partition(".")
    fixed = {fault.rule: fault.text["en" if language() == "en" else "zh-Hans"] for fault in FIXED}
    words = (
        MESSAGES.get((name.partition(".")[0], name.partition(".")[2]))
        if family == "number"
        else TEXTS.get(rule)
    )
    if words is None and rule in PROBLEMS:
        words = (PROBLEMS[rule].title, PROBLEMS[rule].title_en)
    words = words or RULES.get(rule)
    said = fixed.get(rule, "") if words is None else words[language() == "en"]
    return f"{rule} {_told_of_source().get(rule, said)}".strip()


def _said(words: Mapping[str, str]) -> str:
    return words.get(language()) or words.get("zh-Hans", "")
