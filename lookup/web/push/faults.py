"""Why an event was refused, in words: from validation errors to faults with pointer, rule and two languages.

A fault never repeats what was sent, nor a name that no schema has: a phone or a person may stand there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError

from lookup.domain.faults import MESSAGES
from lookup.services.arrivals import Fault
from lookup.web.push.body import REPEATED
from lookup.web.push.forms import form

MAX_FAULTS = 20

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
        "这里有接口说明中没有的成员。请核对拼写和接口版本。",
        "There is a member here that the interface does not know. Check its spelling and the interface version.",
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
        "有这个地址没有的查询参数。",
        "There is a query parameter that this address does not take.",
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
        "清单编号里不能含有接警编号，也不能有连续 11 位以上的数字（清单的 unit 和 yyyyMMddHHmmss 形式的时间除外）。",
        "The id of a list must not hold an incident number, nor eleven digits in a row but its unit or yyyyMMddHHmmss.",
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


def unknown(pointer: str, rule: str, known: Iterable[str]) -> Fault:
    """Return the fault of a rule of TEXTS about a name that is not one of `known`: it says these instead."""
    chinese, english = TEXTS[rule]
    names = list(known)
    if names:
        chinese, english = (
            f"{chinese}这里可以有：{'、'.join(names)}。",
            f"{english} Known here: {', '.join(names)}.",
        )
    return Fault(pointer, rule, {"zh-Hans": chinese, "en": english})


def from_validation(error: ValidationError, model: type[BaseModel]) -> list[Fault]:
    """Return the faults of what does not have the wire form of `model`, at most MAX_FAULTS; the first one decides.

    However many members of one object are unknown, that is one fault, and its pointer is that of the object.
    """
    details = error.errors(include_input=False, include_url=False)
    for detail in details:
        if detail["loc"] and detail["loc"][-1] == REPEATED:
            return [fault(_pointer(detail["loc"][:-1]), "json.repeated_member")]
    found: dict[object, Fault] = {}
    for detail in details:
        told = _one(detail, model)
        found.setdefault((told.field, told.rule), told)
        if len(found) == MAX_FAULTS:
            break
    return list(found.values())


def _one(detail: Any, model: type[BaseModel]) -> Fault:
    kind, place = detail["type"], detail["loc"]
    if kind in ("extra_forbidden", "crowded"):
        owner = place[:-1] if kind == "extra_forbidden" else place
        return unknown(_pointer(owner), "wire.unknown_member", known_members(model, owner))
    if kind == "number":
        field, code = detail["ctx"]["field"], detail["ctx"]["code"]
        chinese, english = MESSAGES[field, code]
        return Fault(_pointer(place), f"number.{field}.{code}", {"zh-Hans": chinese, "en": english})
    if kind.startswith(("datetime", "timezone")):
        return fault(_pointer(place), "wire.time")
    return fault(_pointer(place), _TYPES.get(kind, "wire.type"))


def _pointer(location: Sequence[str | int]) -> str:
    """Return a JSON pointer (RFC 6901) to a place that the schema has: no name of those needs an escape."""
    return "".join(f"/{part}" for part in location)


def known_members(model: type[BaseModel], location: Sequence[str | int]) -> list[str]:
    """Return the names that the object at a place below `model` may have, in the order of the schema."""
    for name in location:
        if isinstance(name, str):
            [annotation] = [
                each.annotation for key, each in model.model_fields.items() if name == (each.alias or key)
            ]
            model = _model_in(annotation) or model
    return [each.alias or key for key, each in model.model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """Return the model that an annotation allows, alone, in a list or beside None."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for each in get_args(annotation) if (found := _model_in(each))), None)
