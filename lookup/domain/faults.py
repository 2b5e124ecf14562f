"""What is wrong with something a person typed, and the one table of words that says so.

A fault names a field and a code, never the text itself, so it may be shown, logged and counted.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Fault:
    """One refusal of one input: `field` says where, `code` says why; both are keys of MESSAGES."""

    field: str
    code: str

    def text(self, language: str = "zh-Hans") -> str:
        """Say what is wrong and what to do in `language` ("zh-Hans" or "en"; any other reads zh-Hans)."""
        chinese, english = MESSAGES[self.field, self.code]
        return english if language == "en" else chinese


_NO_SUCH_EN: Final = (
    "There is no 0, 1, B, G, I, L, O, Q, S, U, V, Y or Z in it. Please look again and correct it."
)
_NO_SUCH: Final = "查询码里没有数字 0、1，也没有字母 B、G、I、L、O、Q、S、U、V、Y、Z。请看清楚后改正。"

MESSAGES: Final[dict[tuple[str, str], tuple[str, str]]] = {
    ("query_code", "missing"): (
        "还没有填写查询码。查询码印在回执上，或在发给您的短信里，共 10 位。",
        "The query code is missing. It is on your receipt or in the text message we sent; it has 10 characters.",
    ),
    ("query_code", "too_short"): (
        "查询码少了几位。查询码共 10 位，请对照回执或短信补全。",
        "The query code is too short. It has 10 characters; please complete it from your receipt or text message.",
    ),
    ("query_code", "too_long"): (
        "查询码多了几位。查询码共 10 位，请对照回执或短信删去多余的字符。",
        "The query code is too long. It has 10 characters; please remove the extra ones.",
    ),
    ("query_code", "character"): (
        "查询码里有一个不会出现的字符。" + _NO_SUCH,
        "The query code has a character that is never used. " + _NO_SUCH_EN,
    ),
    ("query_code", "check"): (
        "查询码有一位写错了，或者相邻两位写反了。请对照回执或短信逐位核对。",
        "One character is wrong, or two neighbours are swapped. Please compare the code with your receipt.",
    ),
}
