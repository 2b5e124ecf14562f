"""What is wrong with something a person typed, and the one table of words that says so.

A fault names a field and a code, never the text itself, so it may be shown, logged and counted.
"""

from dataclasses import dataclass
from typing import Final

from lookup.domain.staff_faults import STAFF_MESSAGES


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
    ("link", "missing"): (
        "还没有查询链接。请再点一次短信里的链接，或把整个链接粘贴到这里。",
        "The link is missing. Please open the link in the text message once more, or paste the whole of it here.",
    ),
    ("incident_number", "missing"): (
        "还没有填写接警编号。接警编号印在回执上，或在发给您的短信里。",
        "The report number is missing. It is on your receipt or in the text message we sent.",
    ),
    ("incident_number", "character"): (
        "接警编号里有不该出现的字符。请只填写编号本身。",
        "The report number has a character that does not belong. Please enter the number only.",
    ),
    ("incident_number", "too_short"): (
        "接警编号少了几位。请对照回执或短信补全。",
        "The report number is too short. Please complete it from your receipt or text message.",
    ),
    ("incident_number", "too_long"): (
        "接警编号多了几位。请对照回执或短信删去多余的数字。",
        "The report number is too long. Please compare it with your receipt and remove the extra digits.",
    ),
    ("incident_number", "shape"): (
        "这不像一个接警编号。请对照回执或短信重新填写。",
        "This does not look like a report number. Please copy it again from your receipt or text message.",
    ),
    ("incident_number", "time"): (
        "接警编号里的日期或时间不存在，可能写错了一位。请对照回执核对。",
        "The report number contains an impossible date or time, so a digit may be wrong. Please compare it.",
    ),
    ("case_number", "missing"): (
        "还没有填写案件编号。案件编号印在告知书上，以字母 A 开头。",
        "The case number is missing. It is on the notice you received and begins with the letter A.",
    ),
    ("case_number", "character"): (
        "案件编号里有不该出现的字符。它只有字母 A 和数字。",
        "The case number has a character that does not belong. It is the letter A followed by digits.",
    ),
    ("case_number", "too_short"): (
        "案件编号少了几位。它共 23 位，请对照告知书补全。",
        "The case number is too short. It has 23 characters; please complete it from your notice.",
    ),
    ("case_number", "too_long"): (
        "案件编号多了几位。它共 23 位，请对照告知书删去多余的字符。",
        "The case number is too long. It has 23 characters; please remove the extra ones.",
    ),
    ("case_number", "shape"): (
        "这不像一个案件编号。它以字母 A 开头，后面是 22 位数字。请核对。",
        "This does not look like a case number: the letter A, then 22 digits. Please compare it with your notice.",
    ),
    ("document_number", "missing"): (
        "还没有填写文书号。文书号印在文书标题下方。",
        "The document number is missing. It is printed below the title of the document.",
    ),
    ("document_number", "shape"): (
        "这不像一个文书号。请把“公”“字”、年份和号数都写上，括号用哪一种都可以。",
        "This is no document number. Please enter all of it: office, kind, year and number; any brackets will do.",
    ),
    ("unit_code", "missing"): (
        "还没有填写单位代码。单位代码共 12 位数字。",
        "The unit code is missing. It has 12 digits.",
    ),
    ("unit_code", "character"): (
        "单位代码只能是数字。请改正。",
        "The unit code may contain digits only. Please correct it.",
    ),
    ("unit_code", "too_short"): (
        "单位代码少了几位。它共 12 位数字。",
        "The unit code is too short. It has 12 digits.",
    ),
    ("unit_code", "too_long"): (
        "单位代码多了几位。它共 12 位数字。",
        "The unit code is too long. It has 12 digits.",
    ),
    ("citizen_id", "missing"): (
        "还没有填写身份证号码。",
        "The citizen ID number is missing.",
    ),
    ("citizen_id", "character"): (
        "身份证号码里有不该出现的字符。它由数字组成，只有最后一位可以是 X。",
        "The citizen ID has a wrong character. It consists of digits; only the last place may be X.",
    ),
    ("citizen_id", "first_generation"): (
        "15 位的旧身份证号码已经停用。请填写 18 位号码。",
        "Citizen IDs with 15 digits are no longer valid. Please enter the one with 18.",
    ),
    ("citizen_id", "too_short"): (
        "身份证号码少了几位。它共 18 位。",
        "The citizen ID is too short. It has 18 characters.",
    ),
    ("citizen_id", "too_long"): (
        "身份证号码多了几位。它共 18 位。",
        "The citizen ID is too long. It has 18 characters.",
    ),
    ("citizen_id", "date"): (
        "身份证号码里的出生日期不存在。请核对第 7 到 14 位。",
        "The date of birth in the citizen ID does not exist. Please check places 7 to 14.",
    ),
    ("citizen_id", "check"): (
        "身份证号码有一位写错了，或者相邻两位写反了。请逐位核对。",
        "One character of the citizen ID is wrong, or two are swapped. Please compare it one by one.",
    ),
    ("phone", "missing"): (
        "还没有填写电话号码。请填写报警时使用的电话。",
        "The phone number is missing. Please enter the phone that was used for the call.",
    ),
    ("phone", "character"): (
        "电话号码里有不该出现的字符。请只填写数字。",
        "The phone number has a character that does not belong. Please enter digits only.",
    ),
    ("phone", "too_short"): (
        "电话号码少了几位。手机号共 11 位，固定电话请加区号。",
        "The phone number is too short. A mobile has 11 digits; a landline needs its area code.",
    ),
    ("phone", "too_long"): (
        "电话号码多了几位。手机号共 11 位，固定电话请加区号，不要加分机号。",
        "The phone number is too long. A mobile has 11 digits; a landline has its area code and no extension.",
    ),
    ("phone", "shape"): (
        "这不像一个内地的电话号码。手机号以 1 开头，固定电话以区号开头。",
        "This is no mainland phone number. A mobile begins with 1, a landline with its area code.",
    ),
    ("phone_last4", "missing"): (
        "还没有填写报警电话的后四位。",
        "The last four digits of the phone that called are missing.",
    ),
    ("phone_last4", "shape"): (
        "请填写报警电话的最后四位数字。",
        "Please enter the last four digits of the phone that was used for the call.",
    ),
    ("id_last6", "missing"): (
        "还没有填写身份证号码的后六位。",
        "The last six characters of the citizen ID are missing.",
    ),
    ("id_last6", "shape"): (
        "请填写身份证号码的最后六位，最后一位可以是 X。",
        "Please enter the last six characters of the citizen ID; the last one may be X.",
    ),
    ("name", "missing"): (
        "还没有填写姓名。请填写身份证上的姓名。",
        "The name is missing. Please enter it as it is on the identity card.",
    ),
    ("name", "too_long"): (
        "姓名太长了。请只填写身份证上的姓名。",
        "The name is too long. Please enter only the name on the identity card.",
    ),
    ("name", "character"): (
        "姓名里有不该出现的字符。请只填写身份证上的姓名。",
        "The name has a character that does not belong. Please enter only the name on the identity card.",
    ),
}
MESSAGES.update(STAFF_MESSAGES)
