"""Numbers are read as people write them, judged by form only, and never repeated in a fault."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookup.domain import numbers
from lookup.domain.faults import MESSAGES, Fault

INCIDENT = "36990126031508301207"
PARSERS = {
    "incident_number": numbers.incident_number,
    "case_number": numbers.case_number,
    "document_number": numbers.document_number,
    "unit_code": numbers.unit_code,
    "citizen_id": numbers.citizen_id,
    "phone": numbers.phone,
    "phone_last4": numbers.phone_last4,
    "id_last6": numbers.id_last6,
    "name": numbers.name_key,
}


def an_id(first17: str) -> str:
    """A citizen ID of an area that does not exist, with its check digit computed another way (ISO 7064 MOD 11-2)."""
    rest = 0
    for digit in first17:
        rest = (rest + int(digit)) * 2 % 11
    return first17 + "0123456789X"[(12 - rest) % 11]


def wide(text: str) -> str:
    """The full-width form of printable ASCII."""
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


@pytest.mark.parametrize(
    "typed",
    [
        INCIDENT,
        wide(INCIDENT),
        "369901 260315 083012 07",
        "369901-260315-083012-07",
        "接警编号：369901 2603150830１２07。",
        "警情编号369901260315083012·07",
        "\u200b369901260315083012\u300007\r\n",
    ],
)
def test_an_incident_number_is_read_as_typed(typed: str) -> None:
    """Labels, spaces, hyphens and full-width digits make no difference."""
    assert numbers.incident_number(typed) == INCIDENT


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "missing"),
        ("　", "missing"),
        (INCIDENT[:-1], "too_short"),
        (INCIDENT + "0", "too_long"),
        ("36990126133108301207", "time"),
        ("36990126023008301207", "time"),
        ("36990126031524301207", "time"),
        ("O6990126031508301207", "shape"),
        ("36990126031508301²0七", "character"),
    ],
)
def test_a_wrong_incident_number_says_why(typed: str, code: str) -> None:
    """Length, character, shape and impossible time are told apart."""
    assert numbers.incident_number(typed) == Fault("incident_number", code)


def test_the_shape_of_incident_numbers_is_configurable() -> None:
    """A province with other numbers gives another pattern; a time group in it is checked as well."""
    shape = numbers.IncidentShape(re.compile(r"JJ(?P<time>[0-9]{12})[0-9]{1,6}"), None)
    assert numbers.incident_number("jj 260315083012 42", shape) == "JJ26031508301242"
    assert numbers.incident_number("jj 261315083012 42", shape) == Fault("incident_number", "time")
    assert numbers.incident_number("jj", shape) == Fault("incident_number", "shape")
    assert numbers.incident_number("", shape) == Fault("incident_number", "missing")


def test_a_case_number_is_read_and_judged() -> None:
    """A, twelve digits of unit, a real month and a serial."""
    case = "A36990151000020260300" + "01"
    assert len(case) == 23
    assert numbers.case_number(case.lower()) == case
    assert numbers.case_number(f"案件编号：{wide(case)}") == case
    assert numbers.case_number(case.replace("202603", "202613")) == Fault("case_number", "shape")
    assert numbers.case_number("J" + case[1:]) == Fault("case_number", "shape")
    assert numbers.case_number(case[:-1]) == Fault("case_number", "too_short")
    assert numbers.case_number(case + "1") == Fault("case_number", "too_long")
    assert numbers.case_number("案" + case[1:]) == Fault("case_number", "character")
    assert numbers.case_number("") == Fault("case_number", "missing")


@pytest.mark.parametrize(
    "typed",
    [
        "云公(治)受案字〔2026〕123号",
        "云公（治）受案字［２０２６］１２３号",
        "云公（治）受案字【2026】第123号",
        " 云公 (治) 受案字 (2026) 123 ",
        "云公(治)受案字2026年123号",
        "文书编号：云公[治]受案字﹝2026﹞123号。",
    ],
)
def test_a_document_number_is_read_with_any_brackets(typed: str) -> None:
    """Chinese, Western, missing or full-width brackets name the same document."""
    number = numbers.document_number(typed)
    assert number == numbers.DocumentNumber("云公", "治", "受案", 2026, "123")
    assert str(number) == "云公(治)受案字〔2026〕123号"


def test_a_document_number_without_department_keeps_its_parts() -> None:
    """A department abbreviation without brackets stays with the kind, and the printed form reads back."""
    number = numbers.document_number("云公东行罚决字〔2026〕7号")
    assert number == numbers.DocumentNumber("云公", "", "东行罚决", 2026, "7")
    assert numbers.document_number(str(number)) == number


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "missing"),
        ("受案字123", "shape"),
        ("云公受案字〔26〕1号", "shape"),
        ("云公字〔2026〕号", "shape"),
    ],
)
def test_a_wrong_document_number_is_refused(typed: str, code: str) -> None:
    """Without organ, year or number it is no document number."""
    assert numbers.document_number(typed) == Fault("document_number", code)


def test_a_unit_code_has_twelve_digits() -> None:
    """GA/T 380 codes are twelve digits; an unknown division is no reason to refuse."""
    assert numbers.unit_code(" ３６９９01510000 ") == "369901510000"
    assert numbers.unit_code("36990151000") == Fault("unit_code", "too_short")
    assert numbers.unit_code("3699015100000") == Fault("unit_code", "too_long")
    assert numbers.unit_code("36990151000A") == Fault("unit_code", "character")
    assert numbers.unit_code("") == Fault("unit_code", "missing")


@given(st.dates(), st.integers(0, 999))
def test_a_citizen_id_with_its_check_digit_is_accepted(born: object, serial: int) -> None:
    """Any birth date, unknown division codes and a small x are taken; one other last character is not."""
    number = an_id("999999" + str(born).replace("-", "") + f"{serial:03}")
    assert numbers.citizen_id(number) == number
    assert numbers.citizen_id(wide(number.lower())) == number
    other = "0" if number[-1] != "0" else "1"
    assert numbers.citizen_id(number[:-1] + other) == Fault("citizen_id", "check")


def test_every_single_wrong_digit_of_a_citizen_id_is_caught() -> None:
    """A changed digit is either an impossible date or a failed check."""
    number = an_id("99999919900101001")
    for place in range(17):
        for digit in set("0123456789") - {number[place]}:
            fault = numbers.citizen_id(number[:place] + digit + number[place + 1 :])
            assert fault in (Fault("citizen_id", "check"), Fault("citizen_id", "date"))


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "missing"),
        ("999999900101001", "first_generation"),
        ("99999919900101001", "too_short"),
        ("9999991990010100199", "too_long"),
        ("99999919900101X011", "character"),
        ("999999199002300010", "date"),
        ("999999199013010010", "date"),
    ],
)
def test_a_wrong_citizen_id_says_why(typed: str, code: str) -> None:
    """Old, short, long and impossible IDs are told apart."""
    assert numbers.citizen_id(typed) == Fault("citizen_id", code)


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("19900000001", "19900000001"),
        ("199 0000 0001", "19900000001"),
        ("１９９－００００－０００１", "19900000001"),
        ("+86 199-0000-0001", "19900000001"),
        ("008619900000001", "19900000001"),
        ("8619900000001", "19900000001"),
        ("019900000001", "19900000001"),
        ("0369-0000000", "03690000000"),
        ("（0369）0000 0001", "036900000001"),
        ("010 00000000", "01000000000"),
        ("+86 369 0000000", "03690000000"),
    ],
)
def test_a_phone_number_is_read_as_typed(typed: str, value: str) -> None:
    """Prefixes, brackets, spaces and full-width digits of mobiles and landlines make no difference."""
    assert numbers.phone(typed) == value


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "missing"),
        ("1990000000", "too_short"),
        ("199000000011", "too_long"),
        ("0000001", "too_short"),
        ("12900000001", "shape"),
        ("19900000001转2", "character"),
        ("0369000000001", "too_long"),
        ("٠١٢٣٤٥٦٧٨٩٠", "character"),
    ],
)
def test_a_wrong_phone_number_says_why(typed: str, code: str) -> None:
    """Short, long, impossible and mixed numbers are told apart."""
    assert numbers.phone(typed) == Fault("phone", code)


def test_second_facts_take_the_tail_or_the_whole() -> None:
    """Someone who types the whole phone or ID means its tail."""
    number = an_id("99999919900101001")
    assert numbers.phone_last4("０００1") == "0001"
    assert numbers.phone_last4("199 0000 0001") == "0001"
    assert numbers.phone_last4("001") == Fault("phone_last4", "shape")
    assert numbers.phone_last4(" ") == Fault("phone_last4", "missing")
    assert numbers.id_last6(number) == numbers.id_last6(number[-6:].lower()) == number[-6:]
    assert numbers.id_last6("01001") == Fault("id_last6", "shape")
    assert numbers.id_last6("") == Fault("id_last6", "missing")


def test_names_compare_without_spaces_dots_and_case() -> None:
    """One name has one key, however it is spaced; what is no name is refused."""
    assert numbers.name_key(" 阿依·古丽 ") == numbers.name_key("阿依古丽") == "阿依古丽"
    assert numbers.name_key("O'neil Ünal") == "O'NEILÜNAL"
    assert numbers.name_key("") == Fault("name", "missing")
    assert numbers.name_key("甲" * 61) == Fault("name", "too_long")
    for typed in ("甲1", "甲\0", "甲\ud800", "<b>"):
        assert numbers.name_key(typed) == Fault("name", "character")
    assert numbers.id_last6_name("01001x", "云 某某") == "01001X/云某某"
    assert numbers.id_last6_name("1", "云某某") == Fault("id_last6", "shape")
    assert numbers.id_last6_name("01001x", "") == Fault("name", "missing")


@given(st.text(st.characters(exclude_categories=[])), st.sampled_from(sorted(PARSERS)))
def test_any_text_gives_a_value_or_a_known_fault(text: str, field: str) -> None:
    """No input raises, and every fault has its words in the table."""
    result = PARSERS[field](text)
    if isinstance(result, Fault):
        assert result.field == field
        assert (result.field, result.code) in MESSAGES
    else:
        assert PARSERS[field](str(result)) == result


@pytest.mark.parametrize("key", sorted(MESSAGES))
def test_every_fault_speaks_both_languages(key: tuple[str, str]) -> None:
    """Each fault says in Chinese and in English, in whole sentences, what is wrong."""
    chinese, english = Fault(*key).text(), Fault(*key).text("en")
    assert chinese.endswith("。")
    assert re.search("[一-鿿]", chinese)
    assert english.endswith(".")
    assert english.isascii()
