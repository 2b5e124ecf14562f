"""Actions, outcomes, actors and roles in words a supervisor understands; the codes themselves are the ledger's."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby

from flask import Flask, g
from markupsafe import Markup

from lookup.domain import quarantine
from lookup.domain.covert import REASONS
from lookup.domain.roles import Right
from lookup.domain.sequence import UNUSED_REASONS
from lookup.services.list_entries import Line
from lookup.services.tell_actors import Who
from lookup.web.console.alarm_words import checks, reasons
from lookup.web.console.filters import local, write_cursor
from lookup.web.console.list_words import date_of, states, unused_for
from lookup.web.console.quarantine_words import add_words as add_quarantine_words
from lookup.web.console.quarantine_words import rule_named
from lookup.web.console.quarantine_words import states as refused_states
from lookup.web.console.waiting_words import add_words as add_waiting_words
from lookup.web.i18n import gettext as _
from lookup.web.i18n import language

Words = Mapping[str, tuple[str, str]]
_REASONS: Words = {**REASONS, **quarantine.REASONS, **UNUSED_REASONS}


def add_words(app: Flask) -> None:
    """Give the templates of the console their words."""
    app.jinja_env.filters.update(
        action=lambda code: actions().get(code, (code, ""))[0],
        outcome=lambda code: outcomes().get(code, (code, ""))[0],
        who=who,
        local=local,
        clock=clock,
        detail=detail,
        groupby_day=by_day,
        role=lambda role: roles().get(role, role),
        list_state=lambda code: states()[code],
        date_of=date_of,
        unused_for=unused_for,
    )
    app.jinja_env.globals.update(
        actions=actions, outcomes=outcomes, rights=rights, write_cursor=write_cursor, Right=Right
    )
    app.context_processor(lambda: {"staff": g.get("staff")})
    add_quarantine_words(app)
    add_waiting_words(app)


def clock(us: int) -> Markup:
    """Return the local time of day to the second as a `time` element."""
    at = local(us)
    return Markup('<time datetime="{}">{}</time>').format(at.isoformat(), f"{at:%H:%M:%S}")


def by_day(lines: Sequence[Line]) -> list[tuple[datetime, list[Line]]]:
    """Return the lines by local day, in the order they come."""
    days = groupby(lines, key=lambda line: local(line.at).date())
    return [(local(group[0].at), group) for group in (list(found) for _day, found in days)]


def actions() -> Words:
    """Return label and meaning of every action."""
    return _lookups() | _pushes() | _desk() | _upkeep()


def _lookups() -> dict[str, tuple[str, str]]:
    return {
        "lookup.verify": (_("核对凭证"), _("有人用查询凭证和第二项信息请求查看一件警情。")),
        "lookup.open": (_("查看警情"), _("核对通过的人打开了警情的办理情况。")),
        "lookup.signout": (_("结束查询"), _("查看的人主动退出，通行凭证作废。")),
        "lookup.accesses": (_("查看查询记录"), _("核对通过的人查看了谁看过这件警情。")),
        "lookup.flood": (
            _("大量尝试汇总"),
            _("一个网络一分钟内尝试过多，超出的部分合并为一条，内有准确次数。"),
        ),
    }


def _pushes() -> dict[str, tuple[str, str]]:
    return {
        "push.event": (_("推送事件"), _("公安内部系统送来一条办理情况。")),
        "push.batch": (_("批量推送"), _("公安内部系统一次送来多条办理情况。")),
        "push.manifest": (_("日清单"), _("110 指挥中心送来当天的接警清单。")),
        "push.quarantine": (_("处理隔离件"), _("有人处理了一条被隔离的推送。")),
        "push.unused": (
            _("声明未用"),
            _("来源声明缺的序号从来没有用过；以后有内容用这个号送来，照常收下。"),
        ),
        "push.file": (_("导入签名文件"), _("公安内部系统签名的一份文件开始导入、导入完毕或者被拒绝。")),
    }


def _desk() -> dict[str, tuple[str, str]]:
    return {
        "console.signin": (_("登录监督台"), _("有人尝试登录监督台。")),
        "console.signout": (_("退出监督台"), _("工作人员退出了监督台。")),
        "console.entries": (_("查看审计列表"), _("工作人员查看了这份列表；用了哪些筛选条件见说明。")),
        "console.view": (_("查看详情页"), _("工作人员打开了监督台的一页或一条记录。")),
        "console.covert": (
            _("申请暂不告知"),
            _("工作人员依批准文号申请：对一件警情的查看，过一段时间再告知报警人。"),
        ),
        "console.bundle": (_("取走条目原文"), _("审计管理员取走一段条目的原文，用来在别处核验整本账。")),
        "admin.client": (_("管理推送系统"), _("登记、停用推送系统，或更换其密钥。")),
        "admin.staff": (_("管理账号"), _("新建、停用、启用或重置监督台账号。")),
        "admin.unit": (_("管理单位"), _("导入单位名录。")),
        "admin.reference": (_("换发凭证"), _("为一件警情换发查询凭证，旧凭证作废。")),
    }


def _upkeep() -> dict[str, tuple[str, str]]:
    return {
        "sys.boot": (_("系统启动"), _("一个服务进程启动。")),
        "sys.close": (_("正常停止"), _("一个服务进程正常停止，并报出最后一个编号。")),
        "sys.writer_lost": (_("进程中断"), _("一个服务进程没有正常停止。")),
        "sys.gap": (_("记录缺口"), _("有一段时间写不进记录，期间没有放出任何信息；或者发现编号不连续。")),
        "sys.late": (_("入账延迟"), _("记录入账比规定的时间晚。")),
        "sys.heartbeat": (_("心跳"), _("没有人使用时，每分钟证明一次记录没有中断。")),
        "sys.archive": (_("归档"), _("一段旧记录已归档。")),
        "sys.keyrotate": (_("更换签名密钥"), _("审计账本换了新的签名密钥。")),
        "sys.verify": (_("全账核验"), _("整本账从头核验了一遍。")),
        "sys.migrate": (_("数据库升级"), _("数据库结构升级。")),
        "sys.prune": (_("清理旧记录"), _("已归档并且过了保存期限的旧记录从数据库移出，档案里仍有。")),
        "sys.anchor": (_("留存检查点"), _("当天的检查点已存到数据库以外。")),
        "sys.acknowledge": (_("确认告警"), _("有人查过一条告警的通道，写明原因和文号；告警本身保留。")),
        "sys.erase": (_("抹去可识别部分"), _("到期或依法抹去了条目里的网络和细节，证明不受影响。")),
    }


def outcomes() -> Words:
    """Return label and meaning of every outcome."""
    return {
        "released": (_("已放出"), _("核对通过，内容已经给出。")),
        "refused": (_("拒绝"), _("核对不符或没有权限，什么也没有给出。")),
        "limited": (_("限流"), _("尝试次数过多，要求等待。")),
        "withheld": (_("不予公开"), _("核对通过，但此警情依法不在网上公开。")),
        "accepted": (_("已接收"), _("推送的内容已经收下。")),
        "duplicate": (_("重复"), _("同一内容以前送过，没有重复计入。")),
        "conflict": (_("冲突"), _("同一编号以前送过，但内容不同，没有计入。")),
        "quarantined": (_("隔离"), _("内容不合规则，已原样保留，等待处理。")),
        "succeeded": (_("成功"), _("操作完成。")),
        "failed": (_("失败"), _("请求有误或没有这一页，没有完成。")),
    }


def who(actor: Who) -> str:
    """Return who acted, never which citizen."""
    return {
        "staff": actor.name or "",
        "client": actor.name or "",
        "operator": _("命令行操作员"),
        "system": _("系统"),
        "holder": _("持凭证者"),
        "stranger": _("未证明身份者"),
    }[actor.kind]


def roles() -> dict[str, str]:
    """Return the name of every role."""
    return {
        "supervisor": _("监督员"),
        "system_administrator": _("系统管理员"),
        "security_administrator": _("安全管理员"),
        "audit_administrator": _("审计管理员"),
    }


def rights() -> dict[str, str]:
    """Return what each right that opens a page of the console allows."""
    return {
        Right.SEE_LEDGER: _("查看审计记录"),
        Right.SEE_INCIDENTS: _("核对日清单，查来源断号和等前一步的"),
        Right.RELEASE_QUARANTINE: _("处理被隔离的推送"),
        Right.LOOK_COVERTLY: _("声明暂不告知"),
        Right.ANSWER_ALARMS: _("查看和确认账本告警"),
        Right.VERIFY_LEDGER: _("取整个账本来核验（lookup verify）"),
    }


def detail(text: str | None) -> list[tuple[str, str]]:
    """Return the restricted detail of an entry as names and values; an unreadable one under an empty name."""
    if not text:
        return []
    try:
        found = json.loads(text)
        return [(_detail_names().get(name, name), _value(name, value)) for name, value in found.items()]
    except (ValueError, AttributeError):
        return [("", text)]


def _value(name: str, value: object) -> str:
    """Return a value of a detail in words where it is a code or a time."""
    if name in ("since", "until", "from", "to", "release", "before", "minute") and isinstance(value, int):
        return f"{local(value):%Y-%m-%d %H:%M:%S}"
    text = str(value)
    if name == "rule":
        return rule_named(text)
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
        },
        "covert": {"1": _("是")},
        "page": {
            "manifests": _("日清单核对"), "manifest": _("日清单"), "sources": _("来源断号"),
            "quarantine": _("隔离区"), "waiting": _("等前一步"), "alarms": _("账本告警"),
        },
        "reason": {code: words[language() == "en"] for code, words in _REASONS.items()} | reasons(),
        "kind": {code: words[0] for code, words in checks().items()},
        "state": refused_states(),
    }  # fmt: skip
    return codes.get(name, {}).get(text, text)


def _detail_names() -> dict[str, str]:
    return {
        "client": _("推送系统"), "rule": _("规则"), "file": _("文件编号"),
        "status": _("状态码"), "tier": _("公开层级"), "account": _("账号标识"), "device": _("设备"),
        "act": _("操作"), "role": _("角色"), "units": _("单位数"), "right": _("所需权限"), "count": _("次数"),
        "since": _("起"), "until": _("止"), "from": _("起"), "to": _("止"), "kind": _("种类"),
        "action": _("动作"), "outcome": _("结果"), "actor": _("操作人"),
        "body": _("所属单位"), "covert": _("暂不告知"), "release": _("告知时间"), "approval": _("批准文号"),
        "reason": _("理由"), "page": _("页面"), "list": _("清单编号"), "day": _("日期"), "unit": _("单位"),
        "part": _("第几部分"), "parts": _("共几部分"), "numbers": _("编号个数"),
        "id": _("编号"), "item": _("隔离件"), "state": _("状态"),
        "report": _("警情"), "net": _("网络"), "writer": _("通道"), "seq": _("序号"),
        "last": _("最后的编号"), "size": _("条目总数"), "findings": _("疑点数"), "before": _("早于"), "lo": _("起"),
        "hi": _("止"), "manifest": _("清单哈希"), "minute": _("分钟"), "refused": _("拒绝的次数"), "key": _("密钥"),
        "dry_run": _("只判断不收下的条数"), "expected": _("应当是"), "found": _("实际是"), "waiting": _("留在账外"),
        "decision": _("文号"), "range": _("号"),
    }  # fmt: skip
