"""Parsers for the numbers and names that people and systems write: one value in normal form, or a Fault.

They judge form only. Nothing here knows whether a number exists, and no fault repeats what was typed.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Final

from lookup.domain.faults import Fault
from lookup.domain.reference import normalise

_LABEL: Final = re.compile(
    r"^(?:接警单?|警情|报警|案件|文书)?(?:编号|号码)?:|^(?:接警单?|警情|报警|案件|文书)(?:编号|号码)|^NO:?"
)
_HAN: Final = r"\u3007\u3400-\u9fff\U00020000-\U0003ffff"


@dataclass(frozen=True, slots=True)
class IncidentShape:
    """How one deployment numbers incidents: a pattern over the normal form and its length (None: it varies).

    A named group `time` (yyMMddHHmmss) must be a real moment; `division` and `serial` are for readers.
    """

    pattern: re.Pattern[str]
    length: int | None


TWENTY: Final = r"[0-9]{20}"
"""The usual pattern; such numbers also carry a real moment."""

# 接警单编号 as most systems write it: 6 digits division, yyMMddHHmmss, 2 digits serial.
TWENTY_DIGITS: Final = IncidentShape(
    re.compile(r"(?P<division>[0-9]{6})(?P<time>[0-9]{12})(?P<serial>[0-9]{2})"), 20
)


@cache
def incident_shape(pattern: str) -> IncidentShape:
    """Return how a deployment with this pattern numbers incidents."""
    return TWENTY_DIGITS if pattern == TWENTY else IncidentShape(re.compile(pattern), None)


def division(number: str, shape: IncidentShape = TWENTY_DIGITS) -> str:
    """Return the division (行政区划) that an incident number begins with; "" where its shape names none."""
    match = shape.pattern.fullmatch(number)
    return (match.groupdict().get("division") or "") if match else ""


@dataclass(frozen=True, slots=True)
class DocumentNumber:
    """文书号 in its parts; `kind` ends before 字 and may begin with a department abbreviation without brackets."""

    organ: str
    department: str
    kind: str
    year: int
    serial: str

    def __str__(self) -> str:
        """The printed form, 云公(治)受案字〔2026〕123号."""
        department = f"({self.department})" if self.department else ""
        return f"{self.organ}{department}{self.kind}字〔{self.year}〕{self.serial}号"


def incident_number(text: str, shape: IncidentShape = TWENTY_DIGITS) -> str | Fault:
    """Return the incident number (接警编号) in normal form.

    Codes: missing, character, too_short, too_long, shape, time.
    """
    number = _bare(text)
    problem = (
        _length_code(number, shape.length, r"[0-9A-Z]*") if shape.length else (None if number else "missing")
    )
    if problem:
        return Fault("incident_number", problem)
    match = shape.pattern.fullmatch(number)
    if match is None:
        return Fault("incident_number", "shape")
    time = match.groupdict().get("time")
    if time is not None and not _is_moment(time):
        return Fault("incident_number", "time")
    return number


def case_number(text: str) -> str | Fault:
    """Return the case number (案件编号): A, 12-digit unit, yyyyMM, 4-digit serial."""
    number = _bare(text)
    problem = _length_code(number, 23, r"[0-9A-Z]*")
    if problem:
        return Fault("case_number", problem)
    if not re.fullmatch(r"A[0-9]{16}(?:0[1-9]|1[0-2])[0-9]{4}", number):
        return Fault("case_number", "shape")
    return number


_YEAR: Final = r"[〔\[({【〖〈《<]*(?P<year>(?:19|20)[0-9]{2})[〕\])}】〗〉》>]*年?"
_DOCUMENT: Final = re.compile(
    rf"(?P<organ>[{_HAN}]{{0,8}}?公)(?:[(\[](?P<department>[{_HAN}]{{1,8}})[)\]])?(?P<kind>[{_HAN}]{{1,12}}?)字"
    rf"(?:第)?{_YEAR}(?:第)?(?P<serial>[0-9]{{1,10}})号?"
)


def document_number(text: str) -> DocumentNumber | Fault:
    """Return the number of a document (文书号) whatever brackets it was typed with; codes: missing, shape."""
    bare = _bare(text)
    if not bare:
        return Fault("document_number", "missing")
    match = _DOCUMENT.fullmatch(bare)
    if match is None:
        return Fault("document_number", "shape")
    return DocumentNumber(
        match["organ"], match["department"] or "", match["kind"], int(match["year"]), match["serial"]
    )


def unit_code(text: str) -> str | Fault:
    """Return the 12-digit code of a police unit (GA/T 380); its division need not be known."""
    code = normalise(text)
    problem = _length_code(code, 12, r"[0-9]*")
    return Fault("unit_code", problem) if problem else code


_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def citizen_id(text: str) -> str | Fault:
    """Return the 18-character citizen ID (公民身份号码, GB 11643) with capital X.

    Division codes are not checked: retired and unknown ones are in use. Codes: missing, character, first_generation
    (15 digits, no longer valid), too_short, too_long, date, check.
    """
    number = normalise(text)
    if len(number) == 15 and re.fullmatch(r"[0-9]{15}", number):
        return Fault("citizen_id", "first_generation")
    problem = _length_code(number, 18, r"[0-9]*X?")
    if problem:
        return Fault("citizen_id", problem)
    try:
        date.fromisoformat(number[6:14])
    except ValueError:
        return Fault("citizen_id", "date")
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, number, strict=False))
    return number if "10X98765432"[total % 11] == number[17] else Fault("citizen_id", "check")


def phone(text: str) -> str | Fault:
    """Return a mainland mobile (11 digits) or a landline with its area code (digits only).

    A leading +86, 0086 or 86 and a 0 before a mobile are dropped.
    Codes: missing, character, too_short, too_long, shape.
    """
    digits = re.sub(r"[()+]", "", normalise(text))
    if not digits:
        return Fault("phone", "missing")
    if not re.fullmatch(r"[0-9]+", digits):
        return Fault("phone", "character")
    local = re.sub(r"^(?:00)?86(?=[0-9]{10})", "", digits)
    if re.fullmatch(r"0?1[3-9][0-9]{9}", local):
        return local[-11:]
    if local != digits and not local.startswith("0"):
        local = "0" + local
    if re.fullmatch(r"0(?:10|2[0-9])[0-9]{7,8}|0[3-9][0-9]{2}[0-9]{7,8}", local):
        return local
    if len(local) < 10 or (len(local) == 10 and local.startswith("1")):
        return Fault("phone", "too_short")
    return Fault(
        "phone", "too_long" if len(local) > 12 or (len(local) > 11 and local.startswith("1")) else "shape"
    )


def phone_last4(text: str) -> str | Fault:
    """Return the last four digits of the phone that called; a whole phone number is taken too."""
    digits = normalise(text)
    if re.fullmatch(r"[0-9]{4}", digits):
        return digits
    whole = phone(text)
    return (
        Fault("phone_last4", "missing" if not digits else "shape") if isinstance(whole, Fault) else whole[-4:]
    )


def id_last6(text: str) -> str | Fault:
    """Return the last six characters of the citizen ID with capital X; a whole ID is taken too."""
    tail = normalise(text)
    if re.fullmatch(r"[0-9]{5}[0-9X]", tail):
        return tail
    whole = citizen_id(text)
    return Fault("id_last6", "missing" if not tail else "shape") if isinstance(whole, Fault) else whole[-6:]


def name_key(text: str) -> str | Fault:
    """Return a person's name for comparing, in capitals without spaces and middle dots.

    Codes: missing, too_long, character.
    """
    key = normalise(text)
    if not key:
        return Fault("name", "missing")
    if len(key) > 60:
        return Fault("name", "too_long")
    return key if re.fullmatch(rf"[{_HAN}A-Z\u00c0-\u024f']+", key) else Fault("name", "character")


def id_last6_name(tail: str, name: str) -> str | Fault:
    """Return the value to digest for the T2 second fact: last six of the citizen ID, "/", name key."""
    six, key = id_last6(tail), name_key(name)
    if isinstance(six, Fault):
        return six
    return key if isinstance(key, Fault) else f"{six}/{key}"


def _bare(text: str) -> str:
    """Normal form without a label before it, as pasted from a message."""
    return _LABEL.sub("", normalise(text)).strip(":;,，；。")


def _length_code(text: str, length: int, alphabet: str) -> str | None:
    """Say what is wrong with the characters or the length of `text`, or None."""
    if not text:
        return "missing"
    if not re.fullmatch(alphabet, text, re.ASCII):
        return "character"
    return None if len(text) == length else "too_short" if len(text) < length else "too_long"


def _is_moment(digits: str) -> bool:
    """Whether yyMMddHHmmss is a real moment of this century; it is only checked, so no time zone is involved."""
    try:
        datetime.fromisoformat(f"20{digits[:6]}T{digits[6:]}")
    except ValueError:
        return False
    return True
