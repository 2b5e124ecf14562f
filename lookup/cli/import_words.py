"""How an import of a signed file ended, in both languages, and the exit status that says so."""

from __future__ import annotations

from pathlib import Path

from lookup.cli.import_failures import printable
from lookup.cli.import_lines import REFUSED
from lookup.cli.import_one import Ended
from lookup.cli.import_results import result_of
from lookup.cli.telling import counted
from lookup.client_files import SUFFIX
from lookup.services.authenticate_file import RULES

_STATUS = {"imported": 0, "before": 0, "incomplete": 3, "busy": 3, "stopped": 3, "held": 3, "refused": 4}
_LACKS = {
    "unsigned": ("没有签名文件 {0}", "there is no {0}"),
    "torn": ("{0} 结尾没有换行", "{0} does not end with a newline"),
    "missing": ("只有签名，没有文件", "there is its signature, but not the file"),
    "short": ("比签名时短", "it is shorter than signed"),
}


def status_of(ended: Ended) -> int:
    """Return the exit status for how a file ended, as --help explains it."""
    refused = ended.state in ("imported", "before") and any(ended.counts.get(each) for each in REFUSED)
    return 1 if refused else _STATUS[ended.state]


def told(path: Path, ended: Ended, shelf: str = "") -> tuple[str, ...]:
    """Return the lines that tell how the import of a file ended; it lies in `shelf` now, "" where it was."""
    name, counts = printable(path), counted(ended.counts)
    kept = (
        f"以前的结果保留为 the earlier result is kept as {printable(ended.earlier)}" if ended.earlier else ""
    )
    if ended.state == "refused":
        return (*_refused(name, ended, shelf), *filter(None, (kept,)))
    if ended.state == "held":
        return _held(name, ended)
    if ended.state == "incomplete":
        zh, en = (text.format(name + SUFFIX) for text in _LACKS[ended.rule])
        return (f"{name} 还不完整：{zh} / is not complete yet: {en}",)
    if ended.state == "busy":
        return (f"{name} 正由另一个进程导入 / is being imported by another process",)
    if ended.state == "stopped":
        return (
            f"{name} 已中断（{counts or 0}），没有丢失任何内容，再次运行同一命令即可继续",
            f"{name} was interrupted; nothing is lost, run the same command again",
        )
    counts = counts or "没有内容 nothing in it"
    if ended.state == "before":
        return (f"{name} 以前已导入（{counts}）/ was imported before; --again imports it once more",)
    answers = f"{name} 已导入 imported：{counts}；答复 answers：{shelf}{printable(result_of(path))}"
    return (answers, *filter(None, (kept,)))


def _refused(name: str, ended: Ended, shelf: str) -> tuple[str, ...]:
    zh, en = RULES[ended.rule]
    counts = counted(ended.counts)
    before = (f"此前已处理：{counts}。", f"Done before that: {counts}.") if counts else _NOTHING
    where = (f"现在在 {shelf}。", f" It is in {shelf} now.") if shelf else ("", "")
    return (
        f"{name} 被拒绝（{ended.rule}）：{zh}{before[0]}{where[0]}",
        f"{name} refused ({ended.rule}): {en} {before[1]}{where[1]}",
    )


_NOTHING = ("一条也没有接收。", "Nothing of it was applied.")


def _held(name: str, ended: Ended) -> tuple[str, ...]:
    zh, en = RULES[ended.rule]
    return (
        f"{name} 暂不导入（{ended.rule}）：{zh}文件留在原处，之后再次运行即可。",
        f"{name} is not taken yet ({ended.rule}): {en} It stays where it is; run again then.",
    )
