"""Masked forms of personal data, made on the server; what is masked here can not be recovered from the result.

A masked phone still shows the second fact (its last four digits): only somebody who has proved it may see one.
Whatever does not look as expected comes out as stars, never as it went in.
"""

import re
from collections.abc import Collection
from typing import Final

from lookup.domain import numbers
from lookup.domain.faults import Fault
from lookup.domain.reference import normalise

_COMPOUND: Final = """
欧阳 太史 端木 上官 司马 东方 独孤 南宫 万俟 闻人 夏侯 诸葛 尉迟 公羊 赫连 澹台 皇甫 宗政 濮阳 公冶 太叔 申屠
公孙 慕容 仲孙 钟离 长孙 宇文 司徒 鲜于 司空 闾丘 子车 亓官 司寇 巫马 公西 颛孙 壤驷 公良 漆雕 乐正 宰父 谷梁
拓跋 夹谷 轩辕 令狐 段干 百里 呼延 东郭 南门 羊舌 微生 左丘 东门 西门 第五 梁丘 贺兰 纳兰 完颜 叶赫 耶律 歐陽
司馬 諸葛
"""
COMPOUND_SURNAMES: Final = frozenset(_COMPOUND.split())
_HAN: Final = re.compile(r"[\u3007\u3400-\u9fff\U00020000-\U0003ffff]{2,4}")


def surname(name: str) -> str:
    """Return the family name (姓): a compound one if a given name follows it, else the first character; "" if none.

    A name that is not two to four Chinese characters (minority names with a dot, Latin letters) has no
    family name that could be told apart, so its first character stands for it.
    """
    key = normalise(name)
    if len(key) > 2 and key[:2] in COMPOUND_SURNAMES:
        return key[:2]
    return key[:1] if len(key) > 1 else ""


def name(full: str) -> str:
    """Return 张*, 张**, 欧阳**; one character or none gives "*"; longer or foreign names one letter and **."""
    key = normalise(full)
    if len(key) < 2:
        return "*"
    if not _HAN.fullmatch(key):
        return key[0] + "**"
    shown = surname(key)
    return shown + "*" * (len(key) - len(shown))


def phone(number: str) -> str:
    """Return 138****8000 for a mobile, 0791****567 for a landline (area code and last three), else stars."""
    digits = numbers.phone(number)
    if isinstance(digits, Fault):
        return "*" * 11
    if not digits.startswith("0"):
        return digits[:3] + "****" + digits[-4:]
    return digits[: 3 if digits[1] in "12" else 4] + "****" + digits[-3:]


def citizen_id(number: str) -> str:
    """Return fourteen stars and the last four, for the proved citizen only; anything else is all stars."""
    value = numbers.citizen_id(number)
    return hidden_id() if isinstance(value, Fault) else "*" * 14 + value[-4:]


def hidden_id() -> str:
    """Return what staff see of a citizen ID until an un-mask with a stated purpose: nothing."""
    return "*" * 18


def address(text: str, known: Collection[str]) -> str:
    """Return the leading division names of an address, down to the district; "*" if it begins with none.

    `known` are the names that may leave (`Divisions.names`): an allow-list, so no street or house ever passes.
    """
    rest, shown, left = normalise(text), "", 3
    while left and (found := max((n for n in known if rest.startswith(n)), key=len, default="")):
        shown, rest, left = shown + found, rest[len(found) :], left - 1
    return shown or "*"


def plate(number: str) -> str:
    """Return 赣A***12: province, letter, stars, last two; anything that is no plate (车牌号) is all stars."""
    value = normalise(number)
    if not re.fullmatch(r"[\u4e00-\u9fff][A-Z][A-Z0-9]{4,5}[A-Z0-9学警港澳挂领使]", value):
        return "*" * 7
    return value[:2] + "*" * (len(value) - 4) + value[-2:]


def officer(full: str, badge: str) -> str:
    """Return an officer as the public may know one: family name and badge number (警号), 张警官（警号012345）."""
    digits = re.sub(r"[^0-9A-Z]", "", normalise(badge))
    return f"{surname(full) or '*'}警官（警号{digits}）"
