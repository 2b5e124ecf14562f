"""Every problem that the push surface answers with (RFC 9457): one table, used by the code, OpenAPI and the docs.

`retry`: the same request, signed anew, may succeed later. No problem repeats what was sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

TYPE_PREFIX: Final = "urn:lookup:problem:push:"


@dataclass(frozen=True, slots=True)
class Problem:
    """One kind of problem: HTTP status, title per language, what to do per language."""

    code: str
    status: int
    title: str
    title_en: str
    todo: str
    todo_en: str
    retry: bool = False

    @property
    def type(self) -> str:
        """The problem type URI."""
        return TYPE_PREFIX + self.code


_OTHER_KEY: Final = (
    "请用另一把密钥，或请管理员登记新密钥。",
    "Use your other key, or have a new one registered.",
)
_ASK: Final = (
    "请联系管理员。事件没有留存，之后请重新发送。",
    "Ask the operator. Nothing was kept; send it again afterwards.",
)

_NEW_ID: Final = ("请用新编号重新发送整份清单。", "Send the whole list again under a new id.")
_MEND: Final = (
    "请看 errors 改正后重新发送。这一部分没有留存。",
    "Mend what errors names and send it again. This part was not kept.",
)
_UNDECLARED: Final = ("请看 errors。什么都没有声明。", "See what errors names. Nothing was declared.")

_ALL: Final = (
    Problem(
        "signature-missing",
        401,
        "请求没有签名",
        "The request is not signed",
        "请按 docs/push.md 用 RFC 9421 签名。",
        "Sign it by RFC 9421 as docs/push.md describes.",
    ),
    Problem(
        "signature-malformed",
        401,
        "签名头格式不对",
        "The signature header fields are malformed",
        "请核对 Signature-Input 和 Signature。",
        "Check Signature-Input and Signature.",
    ),
    Problem(
        "signature-tag",
        401,
        "没有用于推送的签名",
        "No signature, or more than one, has the tag of this interface",
        '请用且只用一个 tag="lookup-push" 的签名。',
        'Send exactly one signature with tag="lookup-push".',
    ),
    Problem(
        "signature-parameters",
        401,
        "签名参数不全",
        "The signature lacks a parameter",
        "须有 created、expires、nonce（16 至 64 个字符）和 keyid。",
        "It needs created, expires, nonce (16 to 64 characters) and keyid.",
    ),
    Problem(
        "signature-coverage",
        401,
        "签名覆盖的内容不够",
        "The signature does not cover enough",
        "须覆盖 @method、@target-uri 和 content-digest。",
        "Cover @method, @target-uri and content-digest.",
    ),
    Problem(
        "signature-future",
        401,
        "签名时间在将来",
        "The signature was made in the future",
        "请校准时钟，误差不得超过 300 秒。",
        "Set the clock; at most 300 seconds of skew are tolerated.",
        True,
    ),
    Problem(
        "signature-expired",
        401,
        "签名已过期",
        "The signature has expired",
        "请校准时钟，重新签名后发送。",
        "Set the clock, sign anew and send again.",
        True,
    ),
    Problem(
        "signature-lifetime",
        401,
        "签名有效期不对",
        "The signature's life is too long or negative",
        "expires 须晚于 created，且不超过 300 秒。",
        "expires must be 1 to 300 seconds after created.",
    ),
    Problem(
        "key-unknown",
        401,
        "没有这个密钥",
        "There is no such key",
        "请核对 keyid，或请管理员登记密钥。",
        "Check keyid, or have the key registered.",
    ),
    Problem(
        "signature-invalid",
        401,
        "签名不对",
        "The signature does not fit",
        "请用 docs/push.md 的测试向量核对签名程序。",
        "Check your signing against the test vectors in docs/push.md.",
    ),
    Problem(
        "content-digest",
        401,
        "内容与摘要不符",
        "The body is not the one that was signed",
        "请对实际发送的字节计算 Content-Digest。",
        "Compute Content-Digest over the bytes that are sent.",
    ),
    Problem(
        "signature-replayed",
        401,
        "这个签名已经用过",
        "This signature was used before",
        "每次发送都须用新的 nonce 重新签名。",
        "Sign each request anew with a fresh nonce.",
        True,
    ),
    Problem("key-revoked", 401, "密钥已被撤销", "The key is revoked", *_OTHER_KEY),
    Problem("key-expired", 401, "密钥已到期", "The key has expired", *_OTHER_KEY),
    Problem("client-suspended", 403, "客户端已停用", "The client is suspended", *_ASK),
    Problem("client-expired", 403, "客户端登记已到期", "The client's registration has expired", *_ASK),
    Problem(
        "bad-request",
        400,
        "请求不合规范",
        "The request is not proper HTTP for this interface",
        "请核对地址、参数和请求头。",
        "Check address, parameters and header fields.",
    ),
    Problem(
        "not-json",
        400,
        "内容不是合法的 JSON",
        "The body is not proper JSON",
        "请按 RFC 8259 用 UTF-8 发送。",
        "Send RFC 8259 in UTF-8.",
    ),
    Problem(
        "batch-shape",
        400,
        "批次的格式不对",
        "The batch does not have the required form",
        "批次是含 1 至 1000 个事件的 JSON 数组。",
        "A batch is a JSON array of 1 to 1000 events.",
    ),
    Problem(
        "not-found",
        404,
        "没有这个地址",
        "There is nothing at this address",
        "请核对地址。接口说明在 /v1/openapi.json。",
        "Check the address; /v1/openapi.json describes all.",
    ),
    Problem(
        "method",
        405,
        "这个地址不接受这种方法",
        "This method is not allowed here",
        "请看 Allow 头。",
        "See the Allow header field.",
    ),
    Problem(
        "conflict",
        409,
        "编号已用于另一个事件",
        "The id belongs to another event",
        "请换一个新编号，或发送更正事件。",
        "Use a new id or send a correction.",
    ),
    Problem(
        "too-large",
        413,
        "内容太大",
        "The body is too large",
        "一次最多 4 MiB，请分成较小的批次。",
        "At most 4 MiB at once; send smaller batches.",
    ),
    Problem(
        "media-type",
        415,
        "内容类型不对",
        "The content type is not supported",
        "请用 application/cloudevents+json 等类型，不要压缩。",
        "Use application/cloudevents+json or another listed type, uncompressed.",
    ),
    Problem(
        "event-refused",
        422,
        "事件未被接受",
        "The event was refused",
        "请看 errors 逐项改正后，用同一编号重新发送。",
        "Mend what errors names and send it again under the same id.",
    ),
    Problem("manifest-conflict", 409, "与先前的清单不同", "It differs from what came before", *_NEW_ID),
    Problem("manifest-refused", 422, "清单未被接受", "The list was refused", *_MEND),
    Problem("unused-refused", 422, "声明未被接受", "The declaration was refused", *_UNDECLARED),
    Problem(
        "limited",
        429,
        "请求太多",
        "Too many requests",
        "请按 Retry-After 等待后再发送，或改用批次。",
        "Wait as Retry-After says, or send batches.",
        True,
    ),
    Problem(
        "unavailable",
        503,
        "暂时不能处理",
        "Can not be handled at the moment",
        "什么都没有记录。请按 Retry-After 等待后原样重新发送。",
        "Nothing was recorded. Wait as Retry-After says and send the same again.",
        True,
    ),
)

PROBLEMS: Final = {problem.code: problem for problem in _ALL}
