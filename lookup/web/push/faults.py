"""Why an event was refused, in words: from validation errors to faults with pointer, rule and two languages.

A fault never repeats what was sent. Member names are repeated only when they look like member names.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from pydantic import ValidationError

from lookup.domain.faults import MESSAGES
from lookup.services.arrivals import Fault
from lookup.web.push.body import REPEATED
from lookup.web.push.forms import form

MAX_FAULTS = 20
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,31}")

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "json.encoding": (
        "内容不是 UTF-8 编码。请用不带 BOM 的 UTF-8 发送。",
        "Not UTF-8. Send UTF-8 without a byte order mark.",
    ),
    "json.syntax": ("内容不是合法的 JSON。", "Not valid JSON (RFC 8259)."),
    "json.depth": ("JSON 嵌套太深。", "The JSON is nested too deeply."),
    "json.repeated_member": ("同一对象里有重复的成员名。", "A member name occurs twice in one object."),
    "wire.missing": ("缺少必填的成员。", "A required member is missing."),
    "wire.unknown_member": (
        "没有这个成员。请核对拼写和接口版本。",
        "There is no such member. Check its spelling and the interface version.",
    ),
    "wire.type": ("类型不对。", "The value has the wrong JSON type."),
    "wire.value": ("不在允许的取值之内。", "The value is not one of those allowed."),
    "wire.format": ("格式不对。", "The value does not have the required format."),
    "wire.too_many": ("条目太多。", "There are too many items."),
    "wire.time": (
        "时间须写成带时区的 RFC 3339 格式，例如 2026-03-02T14:05:00+08:00。",
        "A time is RFC 3339 with an offset, for example 2026-03-02T14:05:00+08:00.",
    ),
    "wire.time_range": (
        "时间不在本服务可以处理的年份之内。",
        "The time lies outside the years that this service knows.",
    ),
    "time.future": (
        "这个时间在将来，超出了允许的 300 秒误差。请校准来源系统的时钟。",
        "The time lies more than 300 seconds in the future. Set the clock of the source system.",
    ),
    "wire.normal_form": (
        "请按规范形式发送，不带空格和标签。",
        "Send it in normal form, without spaces and labels.",
    ),
    "scope.source": (
        "事件的来源不是本客户端登记的来源。",
        "The source is not the one this client is registered with.",
    ),
    "scope.unit": ("本客户端无权代表这个单位。", "This client may not speak for this unit."),
    "scope.kind": ("本客户端无权发送这一类事件。", "This client may not send events of this type."),
    "query.value": (
        "这个查询参数不合规范，或者出现了两次。",
        "This query parameter does not have the required form, or is given twice.",
    ),
    "query.unknown": (
        "这个地址没有这个查询参数。",
        "This address takes no such query parameter.",
    ),
    "batch.shape": (
        "批次须是含 1 至 1000 个事件的 JSON 数组。",
        "A batch is a JSON array of 1 to 1000 events.",
    ),
    "wire.day": (
        "日期须写成 2026-03-02 这样，并且是本服务可以处理的日子。",
        "A day is written as 2026-03-02 and is one that this service knows.",
    ),
    "manifest.id": (
        "清单编号里不能含有接警编号。",
        "The id of a list must not hold an incident number.",
    ),
    "manifest.future": ("清单的日子还没有到。", "The day of the list lies in the future."),
    "manifest.part_number": ("part 不能大于 parts。", "part must not be greater than parts."),
    "manifest.head": (
        "同一编号的清单已经开始接收，这一项与当时说的不同。请用新编号重新发送整份清单。",
        "A list with this id was begun with another value here. Send the whole list again under a new id.",
    ),
    "manifest.part": (
        "这一部分已经收过，内容不同。请用新编号重新发送整份清单。",
        "This part was taken with other numbers. Send the whole list again under a new id.",
    ),
    "manifest.repeated": (
        "这个接警编号在清单里出现了两次。",
        "This incident number occurs twice in the list.",
    ),
    "manifest.count": (
        "清单里的编号个数与 count 不符。",
        "The list does not hold as many numbers as count says.",
    ),
    "manifest.hash": (
        "清单的内容与 hash 不符。请核对各部分；要改已经收下的部分，请用新编号重新发送。",
        "The numbers do not give this hash. Check every part; to change one that was taken, use a new id.",
    ),
    "digest.range": (
        "until 不能早于 day，前后最多 31 天。",
        "until must not be before day, and there may be 31 days at most.",
    ),
    "unused.order": ("last 不能小于 first。", "last must not be less than first."),
    "unused.width": (
        "一次最多声明 10000 个号。",
        "There may be 10000 numbers at once at most.",
    ),
    "unused.came": (
        "其中有的号已经收到内容，不能说没有用过。",
        "Something has come under one of these numbers, so it was used.",
    ),
    "unused.declared": (
        "其中有的号已经另行声明过。请看 GET /v1/gaps 的 declared。",
        "Some of these numbers were declared before in another way. See `declared` of GET /v1/gaps.",
    ),
    "unused.gap": (
        "这些号不在缺号里：比收到的第一个号还小，或者还没有到。",
        "These numbers are not missing: they lie below the first that has come, or above the last.",
    ),
    "batch.element": (
        "批次里的这一项不是一个事件对象。",
        "This element of the batch is not an event object.",
    ),
}

_TYPES: Final = {
    "missing": "wire.missing",
    "extra_forbidden": "wire.unknown_member",
    "literal_error": "wire.value",
    "string_pattern_mismatch": "wire.format",
    "string_too_short": "wire.format",
    "string_too_long": "wire.format",
    "too_long": "wire.too_many",
    "moment": "wire.time",
    "moment_range": "wire.time_range",
    "normal_form": "wire.normal_form",
    "greater_than_equal": "wire.value",
    "less_than_equal": "wire.value",
    "day": "wire.day",
}


def fault(pointer: str, rule: str) -> Fault:
    """Return the fault of a rule of TEXTS at a JSON pointer; where only the form is wrong, it says the form."""
    chinese, english = TEXTS[rule]
    if rule in ("wire.format", "query.value"):
        more, more_english = form(pointer)
        chinese, english = chinese + more, f"{english} {more_english}".strip()
    return Fault(pointer, rule, {"zh-Hans": chinese, "en": english})


def from_validation(error: ValidationError) -> list[Fault]:
    """Return the faults of an event that does not have the wire form, at most MAX_FAULTS, the first one decides."""
    details = error.errors(include_input=False, include_url=False)
    for detail in details:
        if detail["loc"] and detail["loc"][-1] == REPEATED:
            return [fault(pointer(detail["loc"][:-1]), "json.repeated_member")]
    return [_one(detail) for detail in details[:MAX_FAULTS]]


def _one(detail: Any) -> Fault:
    kind, place = detail["type"], pointer(detail["loc"])
    if kind == "number":
        field, code = detail["ctx"]["field"], detail["ctx"]["code"]
        chinese, english = MESSAGES[field, code]
        return Fault(place, f"number.{field}.{code}", {"zh-Hans": chinese, "en": english})
    if kind.startswith(("datetime", "timezone")):
        return fault(place, "wire.time")
    return fault(place, _TYPES.get(kind, "wire.type"))


def pointer(location: Sequence[str | int]) -> str:
    """Return a JSON pointer (RFC 6901); what does not look like a member name ends it one level higher."""
    path = ""
    for part in location:
        if isinstance(part, str) and not _NAME.fullmatch(part):
            break
        path += f"/{part}"
    return path
