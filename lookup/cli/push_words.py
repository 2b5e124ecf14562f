"""What a source is told when the service did not take a request: why, and what to do, in both languages."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Sequence
from pathlib import Path

from lookup.cli.push_files import FileError
from lookup.client import PushError

_SILENCE: Sequence[tuple[type[BaseException], str, str]] = (
    (ConnectionRefusedError, "连接被拒绝", "the connection was refused"),
    (TimeoutError, "没有按时应答", "nothing came in time"),
    (socket.gaierror, "找不到这个主机名", "there is no such host"),
    (ssl.SSLCertVerificationError, "不信任它的证书", "its certificate is not trusted"),
    (ValueError, "应答不是本服务的", "what answers there is no lookup service"),
    (BaseException, "连接中断", "the connection broke"),
)


def why(fault: PushError) -> tuple[str, str]:
    """Return what went wrong with a request, in Chinese and English, as the beginning of a sentence."""
    if fault.status is None or fault.status < 300:
        cause = fault.__cause__ or ValueError()
        return next((zh, en) for kind, zh, en in _SILENCE if isinstance(cause, kind))
    told = fault.problem or {}
    title, todo = (str(told.get(name, "")).strip() for name in ("title", "detail"))
    if not title:
        return f"应答 {fault.status}，没有说明原因", f"answered {fault.status} without a reason"
    from lookup.web.push.problems import PROBLEMS  # with the whole surface, which sending does not need

    known = PROBLEMS.get(fault.code)
    english = f"{title} ({fault.code}, {fault.status}). {todo}".strip()
    if known is None:
        return f"应答 {fault.status} {fault.code}", english
    return f"{known.title}（{fault.code}，{fault.status}）。{known.todo}", english


def again(fault: PushError, left: int, seconds: float) -> tuple[str, ...]:
    """Return the lines that tell of the next try, `left` of which remain, in so many seconds."""
    zh, en = why(fault)
    wait = f"{seconds:.0f}" if seconds >= 2 else f"{seconds:.1f}"
    return (
        f"服务暂时不可用：{zh.rstrip('。')}。{wait} 秒后重试，还会试 {left} 次。",
        f"Not available at the moment: {en.rstrip('.')}. Trying again in {wait} s, {left} more {_tries(left)}.",
    )


def given_up(fault: PushError) -> tuple[str, ...]:
    """Return the lines that tell why sending ended: refused, or no answer that can be used."""
    zh, en = (text.rstrip("。.") for text in why(fault))
    if not fault.refused:
        return f"服务不可用：{zh}。", f"The service is not available: {en}."
    lines = [
        f"服务拒绝了请求：{zh}。这一次请求的内容一条也没有接收。",
        f"The service refused the request: {en}. Nothing of this request was taken.",
    ]
    if not fault.code:
        lines.append("请核对 --url，以及中间的代理 / Check --url, and the proxies on the way.")
    if fault.code == "signature-invalid":
        lines.append(
            "请核对 --key-file 是否属于 --key-id，是否需要 --hmac，以及 --url / "
            "Check that --key-file is that of --key-id, whether it needs --hmac, and --url."
        )
    if fault.status == 413:
        lines.append("请用较小的 --batch / Try a smaller --batch.")
    return tuple(lines)


def refused_file(path: str | Path, fault: FileError | OSError) -> tuple[str, ...]:
    """Return the lines that tell why a file is not sent or written."""
    if isinstance(fault, FileError):
        zh, en = fault.chinese, fault.english
    else:
        zh = en = fault.strerror or type(fault).__name__
    return f"未发送：{path}：{zh}", f"Not sent: {path}: {en}"


def _tries(number: int) -> str:
    return "try" if number == 1 else "tries"
