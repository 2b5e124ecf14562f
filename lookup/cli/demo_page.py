"""What the demo tells the person at the terminal: addresses, references to try, how to sign in. Only words."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyotp

from lookup.cli.demo_home import FOLDER, PORT, Home, Memory
from lookup.cli.demo_vendor import LAST_FOUR, Trial
from lookup.domain.reference import report_token
from lookup.services.references import Reference, issue
from lookup.settings import PushSettings, read
from lookup.storage import incidents
from lookup.storage.database import open_database

RULE = "─" * 72
STEP_S = 30
STORIES = {
    "sample_registered": ("已受理，已立案", "accepted and registered"),
    "sample_not_registered": ("不予立案，可以申请复议", "not registered, with remedies"),
    "sample_transferred": ("已移送其他单位", "transferred to another unit"),
    "sample_overdue": ("超过期限，还没有决定", "overdue: no decision in time"),
    "sample_withheld": ("依法不在网上公开", "withheld from the web by law"),
}
ROLES = {
    "supervisor": (
        "监督员 supervisor",
        "看看昨天漏了什么 what was never entered yesterday   {}/console/manifests",
    ),
    "audit_administrator": (
        "审计管理员 audit administrator",
        "账本有没有告警 alarms of the audit log   {}/console/alarms",
    ),
}
TOLD_TO_VICTIMS = ("sample_registered", "sample_not_registered")


def page(home: Home, memory: Memory, trial: Trial, port: int) -> Iterator[str]:
    """Yield the lines."""
    url = f"http://127.0.0.1:{port}"
    yield from (
        "", RULE, "  报警结果查询 · 演示系统 · 非官方 · 虚构数据",
        "  Police-report result lookup: a demo, unofficial, on fictional data", RULE,
        f"  查询页面 citizens      {url}/",
        f"  监督台   console       {url}/console/",
        f"  推送接口 push API      {url}/v1/openapi.json", "",
        "  试一试：打开链接，或者在查询页面输入接警编号和查询码；然后输入报警电话后四位。",
        "  Try: open a link, or type number and code; then the last four digits of the phone.", "",
    )  # fmt: skip
    references = _references(home, memory, port)
    for at, (sample, reference) in enumerate(zip(memory.samples, references, strict=True), start=1):
        yield from _sample(at, sample, reference)
    yield from _sign_in(memory, url, _options(home))
    yield from _push(trial, url)
    yield from (
        f"  审计记录 audit log     ./run verify db --database {home.database_url} \\",
        f"                           --policy {_short(home.policy)}",
        f"  重新开始 start over    ./run demo --fresh{_options(home)}{_elsewhere(port)}",
        "  停止     stop          Ctrl-C", RULE, "",
    )  # fmt: skip


def code_lines(memory: Memory) -> Iterator[str]:
    """Yield each account's present one-time code and how long it is good for."""
    left = STEP_S - int(time.time()) % STEP_S
    for each in memory.desk:
        code = pyotp.TOTP(each.totp).now()
        yield f"动态码 one-time code   {each.name:8}{code}   （还有 {left} 秒 / {left} s left）"


def _sample(at: int, sample: dict[str, Any], reference: Reference) -> Iterator[str]:
    chinese, english = STORIES[sample["plot"]]
    yield f"  {at}. {chinese}  {english}"
    yield f"     接警编号 number   {reference.number}      查询码 code   {reference.code}"
    yield f"     报警电话后四位 last four digits of the phone   {sample['reporter']['phone'][-4:]}"
    if sample["plot"] in TOLD_TO_VICTIMS:
        victim = sample["victim"]
        yield (
            f"     或 被害人 or as the victim   姓名 name {victim['name']}   "
            f"身份证号后六位 last six of the ID {victim['id_number'][-6:]}"
        )
    yield f"     链接 link   {reference.link}"
    yield ""


def _sign_in(memory: Memory, url: str, options: str) -> Iterator[str]:
    yield f"  登录监督台 sign in   {url}/console/"
    for each in memory.desk:
        role, work = ROLES[each.role]
        yield f"     {role}"
        yield f"       账号 name   {each.name:8}  密码 password   {each.password}"
        yield f"       {work.format(url)}"
    yield from (f"     {line}" for line in code_lines(memory))
    yield f"     每个动态码只能用一次；下一个 each works once; the next one:   ./run demo --code{options}"
    yield ""


def _push(trial: Trial, url: str) -> Iterator[str]:
    yield f"  厂商试推 push as a vendor   {url}/v1/events"
    yield f"     密钥编号 key id   {trial.key}   密钥 key file   {_short(trial.key_file)}   (PEM)"
    yield f"     . {_slashed(trial.settings)} && ./run push {_short(trial.event)}"
    yield f"     查询码和链接 code and link   {_short(trial.event)}.result   电话后四位 last four   {LAST_FOUR}"
    yield "     用 curl 和 openssl，见 docs/push.md；with curl and openssl: docs/push.md"
    yield ""


def _slashed(path: Path) -> str:
    """A path that a shell does not look for elsewhere."""
    short = _short(path)
    return short if "/" in short else f"./{short}"


def _options(home: Home) -> str:
    """What a later command needs to find this demo again."""
    return "" if home.folder == FOLDER else f" --folder {_short(home.folder)}"


def _elsewhere(port: int) -> str:
    """What a later start needs to answer at this port again."""
    return "" if port == PORT else f" --port {port}"


def _references(home: Home, memory: Memory, port: int) -> list[Reference]:
    """The references as they are now: one that was issued anew is printed anew."""
    settings = read(PushSettings, home.environment(memory.secrets, port))
    database = open_database(home.database_url, pool=1)
    try:
        with database.read() as conn:
            rows = [incidents.by_number(conn, sample["number"]) for sample in memory.samples]
    finally:
        database.close()
    return [
        issue(settings, row.number, report_token(settings.pepper, row.number), row.generation)
        for row in rows
        if row is not None
    ]


def _short(path: Path) -> str:
    """The path from where the person stands, when that is shorter."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
