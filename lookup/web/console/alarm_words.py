"""Alarms of the audit ledger in plain words: which check it was, and the reasons to answer for one."""

from __future__ import annotations

from lookup.services.alarms import REASONS
from lookup.web.i18n import gettext as _
from lookup.web.i18n import language


def reasons() -> dict[str, str]:
    """Return the words of every reason for which an alarm is answered."""
    return {code: words[language() == "en"] for code, words in REASONS.items()}


def checks() -> dict[str, tuple[str, str]]:
    """Return name and meaning of every check of the sequencer that quarantines a lane."""
    return {
        "gap": (
            _("编号不连续"),
            _(
                "这条通道的下一个编号不见了、重复了，或者属于别的通道。多半是条目入账以前有人在数据库里删除、"
                "插入或改号，也可能是存储丢了数据。"
            ),
        ),
        "mac": (
            _("封记不符"),
            _(
                "条目入账以前被改动过，或者是没有封记密钥的人写进去的。"
                "也可能是某个进程的 LOOKUP_MAC_KEY 或 LOOKUP_LOG_HASH 和别的进程不一样。"
            ),
        ),
        "unsealed": (
            _("结尾缺失"),
            _("一次写入的最后几条连同封记不见了。写入是一次完成的，所以是后来被人删掉，或者存储丢了数据。"),
        ),
        "malformed": (
            _("内容不成条目"),
            _("有一行的内容是任何写入程序都写不出来的，多半是有人直接改动了数据库。"),
        ),
    }
