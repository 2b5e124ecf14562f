"""Actions, outcomes, actors, roles and rights in words a supervisor understands; the codes are the ledger's."""

from __future__ import annotations

from collections.abc import Mapping

from lookup.domain.roles import Right
from lookup.services.tell_actors import Who
from lookup.web.i18n import gettext as _

Words = Mapping[str, tuple[str, str]]


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
        "push.manifest": (_("日清单"), _("110 指挥中心送来当天的接警清单，或者来源查询核对情况。")),
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
        "refused": (_("拒绝"), _("核对不符、没有权限或不合规定，没有给出也没有收下任何内容。")),
        "limited": (_("限流"), _("尝试次数过多，要求等待。")),
        "withheld": (_("不予公开"), _("核对通过，但此警情依法不在网上公开。")),
        "accepted": (_("已接收"), _("推送的内容已经收下。")),
        "duplicate": (_("重复"), _("同一内容以前送过，没有重复计入。")),
        "conflict": (_("冲突"), _("同一编号以前送过，但内容不同，没有计入。")),
        "quarantined": (_("隔离"), _("内容不合规则，没有收下，原样保留在隔离区。")),
        "succeeded": (_("成功"), _("操作完成。")),
        "failed": (_("失败"), _("请求有误或没有这一页，没有完成。")),
    }


def notable() -> dict[str, str]:
    """Return what the count of a day's entries with each outcome that deserves a look means."""
    return {code: outcomes()[code][1] for code in ("refused", "limited", "conflict")} | {
        "quarantined": _("这段时间里拒收的次数，后来处理过的也算在内。")
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
