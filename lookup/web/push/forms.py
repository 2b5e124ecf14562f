"""What form a member or query parameter has, in words: told after a refusal that says only that the form is wrong."""

from __future__ import annotations

from typing import Final

_EVENT_ID: Final = ("须是 1 至 128 个可见的 ASCII 字符。", "It is 1 to 128 visible ASCII characters.")
_INCIDENT: Final = ("须是 6 至 32 位数字或大写字母。", "It is 6 to 32 digits or capital letters.")
_SEQUENCE: Final = ("须是写成字符串的 1 至 18 位数字。", "It is a string of 1 to 18 decimal digits.")
_STATE: Final = (
    "须是一个大写字母和两位数字，例如 J20。",
    "It is a capital letter and two digits, for example J20.",
)
_CODE: Final = (
    "须是代码：字母开头，只含字母、数字和 _ . -，不超过 64 个字符。",
    "It is a code: a letter, then letters, digits and _ . -, 64 characters at most.",
)

FORMS: Final[dict[str, tuple[str, str]]] = {
    "id": _EVENT_ID,
    "supersedes": _EVENT_ID,
    "source": ("须是绝对 URI，例如 urn:yunxi:110。", "It is an absolute URI, for example urn:yunxi:110."),
    "subject": _INCIDENT,
    "numbers": _INCIDENT,
    "target": _INCIDENT,
    "sequence": _SEQUENCE,
    "first": _SEQUENCE,
    "last": _SEQUENCE,
    "unit": (
        "须是 12 位数字的单位代码，例如 369901510000。",
        "It is a unit code of 12 digits, for example 369901510000.",
    ),
    "case": ("须是字母 A 和 22 位数字。", "It is the letter A and 22 digits."),
    "to": _STATE,
    "from": _STATE,
    "reason": _CODE,
    "code": _CODE,
    "category": _CODE,
    "law": _CODE,
    "channel": _CODE,
    "approver": (
        "须是警号：1 至 32 个字母、数字或 _ . -。",
        "It is a staff number: 1 to 32 letters, digits and _ . -.",
    ),
    "manifest": ("须是 1 至 64 个字母、数字或 . _ -。", "It is 1 to 64 letters, digits and . _ -."),
    "hash": ("须是 64 位小写十六进制数字。", "It is 64 hexadecimal digits in small letters."),
    "dry_run": ("须是 0 或 1。", "It is 0 or 1."),
    "state": (
        "须是 open、settled、replayed、closed 或 withdrawn。",
        "It is open, settled, replayed, closed or withdrawn.",
    ),
    "since": (
        "须是带时区的 RFC 3339 时间；地址里的 + 须写成 %2B。",
        "It is an RFC 3339 time with an offset; in an address its + is written as %2B.",
    ),
    "after": ("须是上一页的 next。", "It is `next` of the page before."),
    "limit": ("须是 1 至 200 的数。", "It is a number from 1 to 200."),
}


def form(pointer: str) -> tuple[str, str]:
    """Return a sentence in Chinese and in English on the member that a JSON pointer names, or two empty texts."""
    names = [part for part in pointer.split("/") if part and not part.isdigit()]
    return FORMS.get(names[-1], ("", "")) if names else ("", "")
