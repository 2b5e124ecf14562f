"""The restricted detail of an entry in words: the name of each part, and its value where that is a code or a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from lookup.domain import quarantine
from lookup.domain.covert import REASONS
from lookup.domain.sequence import UNUSED_REASONS
from lookup.ledger.entry import read_detail
from lookup.services.list_entries import Line
from lookup.web.console.alarm_words import checks, reasons
from lookup.web.console.code_words import Words, actions, outcomes, rights, roles
from lookup.web.console.filters import local
from lookup.web.console.quarantine_words import rule_named
from lookup.web.console.quarantine_words import states as refused_states
from lookup.web.console.waiting_words import kinds
from lookup.web.i18n import gettext as _
from lookup.web.i18n import language

_ENDS = ("expires_before", "expires_now")
_TIMES = ("since", "until", "from", "to", "release", "before", "minute", *_ENDS)
_REASONS: Words = {**REASONS, **quarantine.REASONS, **UNUSED_REASONS}


class Part(NamedTuple):
    """One part of a detail: its code in the ledger, what it is called, and its value."""

    code: str
    name: str
    value: str


def detail(line: Line) -> list[Part]:
    """Return the restricted detail of an entry; an unreadable one whole, under an empty name."""
    found = read_detail(line.detail)
    if not found:
        return [Part("", "", line.detail)] if line.detail else []
    if line.action != "push.batch":  # what else is rehearsed is one thing, and the outcome says that it was
        found.pop("dry_run", None)
    names = _detail_names() | ({"count": _("次数")} if line.action == "lookup.flood" else {})
    return [Part(name, names.get(name, name), _value(name, value)) for name, value in found.items()]


def _value(name: str, value: object) -> str:
    """Return a value of a detail in words where it is a code or a time."""
    if name in _TIMES and isinstance(value, int):
        return f"{local(value):%Y-%m-%d %H:%M:%S}"
    text = str(value)
    if name == "rule":
        return rule_named(text)
    if name in ("kinds_before", "kinds_now"):
        return _("、").join(_kinds().get(code, code) for code in text.split(","))
    if name == "range":
        first, _dash, last = text.partition("-")
        return first if first == last else text
    codes: dict[str, Mapping[str, str]] = {
        "action": {code: words[0] for code, words in actions().items()},
        "outcome": {code: words[0] for code, words in outcomes().items()},
        "role": roles(),
        "right": rights(),
        "device": {"known": _("认识的"), "unknown": _("未见过的")},
        "act": {
            "add": _("新建"), "list": _("列出"), "disable": _("停用"), "enable": _("启用"), "reset": _("重置"),
            "body": _("登记单位"), "covert": _("准许暂不告知"), "overt": _("取消暂不告知"),
            "settle": _("补正了结"), "replay": _("重放"), "close": _("关闭"), "withdraw": _("撤回"),
            "begin": _("开始导入"), "continue": _("接着导入"), "end": _("导入完毕"), "refuse": _("拒绝"),
            "register": _("登记来源"), "scope": _("更改范围"), "suspend": _("停用来源"), "resume": _("恢复来源"),
            "key-add": _("登记密钥"), "key-revoke": _("吊销密钥"),
        },
        "covert": {"1": _("是")},
        **dict.fromkeys(_ENDS, {"never": _("不限")}),
        "page": {
            "manifests": _("日清单核对"), "manifest": _("日清单"), "sources": _("来源断号"),
            "quarantine": _("隔离区"), "waiting": _("等前一步"), "alarms": _("账本告警"),
        },
        "reason": {code: words[language() == "en"] for code, words in _REASONS.items()} | reasons(),
        "kind": {code: words[0] for code, words in checks().items()},
        "state": refused_states(),
    }  # fmt: skip
    return codes.get(name, {}).get(text, text)


def _kinds() -> dict[str, str]:
    return {"all": _("全部"), **{str(code): name for code, name in kinds().items()}}


def _detail_names() -> dict[str, str]:
    return {
        "client": _("推送系统"), "rule": _("规则"), "file": _("文件编号"),
        "status": _("状态码"), "tier": _("公开层级"), "account": _("账号标识"), "device": _("设备"),
        "act": _("操作"), "role": _("角色"), "units": _("单位数"), "right": _("所需权限"), "count": _("条数"),
        "since": _("起"), "until": _("止"), "from": _("起"), "to": _("止"), "kind": _("种类"),
        "action": _("动作"), "outcome": _("结果"), "actor": _("操作人"),
        "body": _("所属单位"), "covert": _("暂不告知"), "release": _("告知时间"), "approval": _("批准文号"),
        "reason": _("理由"), "page": _("页面"), "list": _("清单编号"), "day": _("日期"), "unit": _("单位"),
        "part": _("第几部分"), "parts": _("共几部分"), "numbers": _("编号个数"),
        "id": _("编号"), "item": _("隔离件"), "state": _("状态"),
        "report": _("警情"), "net": _("网络"), "writer": _("通道"), "seq": _("序号"),
        "last": _("最后的编号"), "size": _("条目总数"), "findings": _("疑点数"), "before": _("早于"), "lo": _("起"),
        "hi": _("止"), "manifest": _("清单哈希"), "minute": _("分钟"), "refused": _("拒绝的次数"), "key": _("密钥"),
        "dry_run": _("试算条数"), "expected": _("应当是"), "found": _("实际是"), "waiting": _("留在账外"),
        "decision": _("文号"), "range": _("号"),
        "units_before": _("原来的单位"), "units_now": _("现在的单位"), "kinds_before": _("原来的事件种类"),
        "kinds_now": _("现在的事件种类"), "expires_before": _("原来的有效期"), "expires_now": _("现在的有效期"),
    }  # fmt: skip
