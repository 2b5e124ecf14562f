"""Who signed a file: the detached signature is the head of a message (RFC 9421) whose body the file is.

Says nothing about the file's bytes; whoever reads them compares size and SHA-256 with what was signed. A refusal is
a rule of RULES or the denial of a key or client.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import Any, Final

import http_sf
from http_message_signatures.exceptions import HTTPMessageSignaturesException

from lookup.services.arrivals import Client
from lookup.services.authenticate_client import find
from lookup.services.contexts import PushContext
from lookup.services.verify_message import SKEW_S, verifier_of

TAG: Final = "lookup-file"
FIELDS: Final = ("content-digest", "content-length", "content-type")
MAX_SIGNATURE: Final = 4096
_LENGTH = re.compile(r"[0-9]{1,15}", re.ASCII)
_FILE_ID = re.compile(r"[A-Za-z0-9._~+/=-]{16,64}", re.ASCII)
_NAMES = {*FIELDS, "signature-input", "signature"}

RULES: Final[dict[str, tuple[str, str]]] = {
    "file.form": (
        "签名文件不是规定的五行。请按 docs/push.md 重新签名。",
        "The .sig file is not the five fields that docs/push.md describes. Sign the file again.",
    ),
    "file.parameters": (
        "签名缺少参数：created、keyid、nonce（16 至 64 个字母、数字或 ._~+/=-）和 tag。",
        "The signature lacks a parameter: created, keyid, nonce (16 to 64 of letters, digits and ._~+/=-) and tag.",
    ),
    "file.coverage": (
        "签名没有恰好覆盖 content-digest、content-length 和 content-type。",
        "The signature does not cover exactly content-digest, content-length and content-type.",
    ),
    "file.media": ("不支持这种文件类型。", "Files of this content type are not taken."),
    "file.key": (
        "没有这个密钥。请核对 keyid，或先登记密钥。",
        "There is no such key. Check keyid, or have the key registered.",
    ),
    "file.future": (
        "签名时间在将来，超出了允许的 300 秒误差。请校准时钟后重新签名。",
        "The signature was made in the future. Set the clock, at most 300 seconds may be wrong, and sign it again.",
    ),
    "file.expired": ("签名已过期。请重新签名。", "The signature has expired. Sign the file again."),
    "file.signature": (
        "签名不符。请用 docs/push.md 的测试向量核对签名程序。",
        "The signature does not fit. Check your signing against the test vector in docs/push.md.",
    ),
    "file.size": ("文件比签名时长。", "The file is longer than what was signed."),
    "file.digest": ("文件内容与签名时不同。", "The file is not the one that was signed."),
    "file.line": ("文件里有一行超过 4 MiB。", "A line of the file is longer than 4 MiB."),
    "file.changed": ("文件在读取时被改动。", "The file was changed while it was read."),
    "file.kind": ("不是普通文件。", "This is no regular file."),
    "key-revoked": ("密钥已吊销。请用另一个密钥重新签名。", "The key is revoked. Sign the file with your other key."),
    "key-expired": ("密钥已过期。请用另一个密钥重新签名。", "The key has expired. Sign the file with your other key."),
    "client-suspended": ("客户端已停用。恢复后再导入。", "The client is suspended. Import it once it is resumed."),
    "client-expired": ("客户端登记已到期。延期后再导入。", "The client's registration has expired. Have it prolonged."),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Declared:
    """What a signature file says before anything is believed: `file` is the id its maker gave the file.

    `created` and `expires` (None: never) are seconds since the epoch.
    """

    key: str
    file: str
    created: int
    expires: int | None
    media: str
    size: int
    digest: bytes
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Vouched:
    """A file that a live key of a live client has signed: so many bytes with this SHA-256."""

    client: Client
    declared: Declared


@dataclass(frozen=True, slots=True)
class Denied:
    """A file that is not taken, by a rule of RULES.

    `signer`: the id of the client that has signed it all the same; None where nobody is proved to have, which goes for
    a revoked key too: anybody may hold it.
    """

    rule: str
    signer: str | None


class _Message:
    """The head of the signed message as the library wants it; nothing of the request line is covered."""

    method, url = "POST", "https://file.invalid/"

    def __init__(self, headers: dict[str, str]) -> None:
        self.headers = headers


def read_signature(raw: bytes) -> Declared | str:
    """Return what a `.sig` file declares, or a rule of RULES; nothing is verified yet."""
    headers = _fields(raw)
    if headers is None or not _LENGTH.fullmatch(headers["content-length"]):
        return "file.form"
    try:
        digests: Any = http_sf.parse(headers["content-digest"].encode(), tltype="dictionary")
        signed: Any = http_sf.parse(headers["signature-input"].encode(), tltype="dictionary")
        digest, [(covered, given)] = digests["sha-256"][0], signed.values()
        names = [str(name) for name, parameters in covered if not parameters]
    except (ValueError, TypeError, KeyError):
        return "file.form"
    if type(digest) is not bytes or len(digest) != 32:
        return "file.form"
    if sorted(names) != list(FIELDS) or len(covered) != len(FIELDS):
        return "file.coverage"
    key, file, created, expires = (given.get(name) for name in ("keyid", "nonce", "created", "expires"))
    if type(created) is not int or type(key) is not str or type(file) is not str or given.get("tag") != TAG:
        return "file.parameters"
    if not _FILE_ID.fullmatch(file) or (expires is not None and type(expires) is not int):
        return "file.parameters"
    media, size = headers["content-type"], int(headers["content-length"])
    return Declared(key, file, created, expires, media, size, digest, headers)


def authenticate(context: PushContext, declared: Declared) -> Vouched | Denied:
    """Return who signed a file, or why it is not taken: not now, unknown key, false signature, or not live."""
    now = time.time()
    if declared.created > now + SKEW_S:
        return Denied("file.future", None)
    if declared.expires is not None and declared.expires < now - SKEW_S:
        return Denied("file.expired", None)
    credential = find(context, declared.key)
    if credential is None:
        return Denied("file.key", None)
    try:
        verifier_of(credential).verify(_Message(declared.headers), expect_tag=TAG, max_age=None)
    except (HTTPMessageSignaturesException, ValueError):
        return Denied("file.signature", None)
    if credential.denial is not None:
        return Denied(credential.denial, None if credential.denial == "key-revoked" else credential.client.id)
    return Vouched(credential.client, declared)


def living(context: PushContext, key: str) -> Client | str:
    """Return the client behind a key as it stands now, or why it may not act any more; asked before each batch."""
    credential = find(context, key)
    if credential is None:
        return "file.key"
    return credential.denial or credential.client


def _fields(raw: bytes) -> dict[str, str] | None:
    """Return the five fields by small name; None when they are not exactly that."""
    if len(raw) > MAX_SIGNATURE or not raw.isascii():
        return None
    pairs = [line.split(":", 1) for line in raw.decode("ascii").splitlines()]
    fields = {pair[0].lower(): pair[-1].strip() for pair in pairs}
    return fields if len(pairs) == len(_NAMES) and set(fields) == _NAMES else None
