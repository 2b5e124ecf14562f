"""Problems that say more closely what to do than their kind does; code and title, which are documented, stay."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from lookup.web.push.problems import PROBLEMS, Problem

VARIANTS: Final = {
    "not-found:list": replace(
        PROBLEMS["not-found"],
        todo="没有这个编号的清单，或者不是本来源的。",
        todo_en="There is no list of yours with this id.",
    ),
    "not-found:item": replace(
        PROBLEMS["not-found"],
        todo="没有这个编号的隔离件，或者不是本来源的。item 见 GET /v1/quarantine。",
        todo_en="There is no refused event of yours with this number; GET /v1/quarantine tells `item`.",
    ),
    "limited:refused": replace(
        PROBLEMS["limited"],
        todo="这个网络一分钟内被拒的签名太多。请先改正签名，按 Retry-After 等待后再发送。",
        todo_en="Too many signatures from this network were refused within a minute. Mend the signing, then wait as "
        "Retry-After says.",
    ),
}
"""By name; the code before the colon is what is answered."""


def problem_of(name: str) -> Problem:
    """Return the problem with a code of PROBLEMS or a name of VARIANTS."""
    return VARIANTS.get(name) or PROBLEMS[name]
