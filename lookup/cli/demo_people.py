"""People who do not exist: names after the seasons, telephones 199 0000 xxxx, citizen IDs of division 999999."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

_SURNAMES = "云溪石柳江白青湖苏林"
_GIVEN = (
    "立春 雨水 惊蛰 春分 清明 谷雨 立夏 小满 芒种 夏至 小暑 大暑 "
    "立秋 处暑 白露 秋分 寒露 霜降 立冬 小雪 大雪 冬至 小寒 大寒"
).split()
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@dataclass(frozen=True, slots=True)
class Person:
    """One invented person."""

    name: str
    phone: str
    id_number: str


def invent(chance: Random) -> Person:
    """Return somebody with a number in the right form that nobody can have."""
    name = chance.choice(_SURNAMES) + chance.choice(_GIVEN)
    born = date(1946, 1, 1) + timedelta(days=chance.randrange(22_000))
    body = f"999999{born:%Y%m%d}{chance.randrange(1000):03d}"
    return Person(name, f"1990000{chance.randrange(10_000):04d}", body + _check(body))


def _check(body: str) -> str:
    """The check character of GB 11643."""
    return "10X98765432"[sum(w * int(digit) for w, digit in zip(_WEIGHTS, body, strict=True)) % 11]
