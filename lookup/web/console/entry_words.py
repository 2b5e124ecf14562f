"""One entry in words where its codes alone mislead: questions of sources, rehearsals, and refused pushes."""

from __future__ import annotations

from typing import NamedTuple

from lookup.ledger.entry import read_detail
from lookup.services.list_entries import Line
from lookup.web.console.code_words import actions, outcomes
from lookup.web.i18n import gettext as _


class Ending(NamedTuple):
    """How something ended: the kind decides sign and colour, an outcome or `rehearsed`; then label and meaning."""

    kind: str
    label: str
    meaning: str


def deed(line: Line) -> tuple[str, str]:
    """Return label and meaning of what was done."""
    asked = {
        "push.manifest": (
            _("来源查询核对"),
            _("来源查询日清单核对得怎样、每天收到多少件，或者哪些在等前一步。没有送来内容。"),
        ),
        "push.quarantine": (_("来源查看隔离件"), _("来源查看自己被隔离的推送，没有处理。")),
    }
    if line.outcome == "released" and line.action in asked:
        return asked[line.action]
    return actions().get(line.action, (line.action, ""))


def ending(line: Line) -> Ending:
    """Return how it ended."""
    label, meaning = outcomes().get(line.outcome, (line.outcome, ""))
    if "dry_run" in read_detail(line.detail):
        tried = _("只是试算，什么也没有收下。")
        if line.outcome in ("accepted", "succeeded"):
            return Ending("rehearsed", _("试算"), tried)
        return Ending(line.outcome, _("试算：%(outcome)s") % {"outcome": label}, tried)
    if line.action.startswith("push.") and line.outcome == "refused":
        meaning = _("签名、权限、格式或内容不合规定，没有收下也没有给出任何内容。原因见“规则”一项。")
    return Ending(line.outcome, label, meaning)
