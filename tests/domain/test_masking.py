"""Masked forms show what the rules allow and nothing when the input is not what it should be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookup.domain import masking

KNOWN = {"江西省", "云溪市", "临江区", "云溪"}


@pytest.mark.parametrize(
    ("full", "masked"),
    [
        ("张三", "张*"),
        ("张三丰", "张**"),
        ("欧阳某某", "欧阳**"),
        ("欧阳修", "欧阳*"),
        ("欧阳", "欧*"),
        ("诸葛 某", "诸葛*"),
        ("张", "*"),
        ("", "*"),
        ("阿依·古丽买买提", "阿**"),
        ("John Smith", "J**"),
        ("欧阳某某某某", "欧**"),
    ],
)
def test_names(full: str, masked: str) -> None:
    """Family name and stars; compound family names stay whole; a single character is hidden."""
    assert masking.name(full) == masked


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("199 0000 8000", "199****8000"),
        ("0369-0000567", "0369****567"),
        ("010-00000567", "010****567"),
        ("8000", "*" * 11),
        ("", "*" * 11),
        ("not a phone 12345", "*" * 11),
    ],
)
def test_phones(number: str, masked: str) -> None:
    """Three and four of a mobile, area code and three of a landline, nothing of anything else."""
    assert masking.phone(number) == masked


def test_citizen_ids() -> None:
    """The proved citizen sees the last four, staff nothing, and a malformed ID shows nothing."""
    assert masking.citizen_id("999999199001010016") == "*" * 14 + "0016"
    assert masking.citizen_id("999999199001010010") == "*" * 18
    assert masking.hidden_id() == "*" * 18


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("江西省云溪市临江区和平路8号2栋", "江西省云溪市临江区"),
        ("云溪市临江区", "云溪市临江区"),
        ("云溪市 和平路8号", "云溪市"),
        ("和平路8号（云溪市旁）", "*"),
        ("", "*"),
    ],
)
def test_addresses(text: str, masked: str) -> None:
    """Only known division names at the beginning leave; no street, house or free text."""
    assert masking.address(text, KNOWN) == masked


@given(st.text())
def test_no_unknown_text_leaves_with_an_address(text: str) -> None:
    """Whatever is given, the result consists of known names."""
    rest = masking.address("云溪市" + text, KNOWN)
    for known in sorted(KNOWN, key=len, reverse=True):
        rest = rest.replace(known, "")
    assert rest == ""


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("赣A12312", "赣A***12"),
        ("赣a·d1234 5", "赣A****45"),
        ("赣A1231警", "赣A***1警"),
        ("A12312", "*" * 7),
        ("", "*" * 7),
    ],
)
def test_plates(number: str, masked: str) -> None:
    """Province, letter and the last two; anything else is hidden."""
    assert masking.plate(number) == masked


def test_officers() -> None:
    """An officer is a family name and a badge number, never a full name."""
    assert masking.officer("欧阳某某", "012345") == "欧阳警官（警号012345）"
    assert masking.officer("张三", "０12-345") == "张警官（警号012345）"
    assert masking.officer("", "012345") == "*警官（警号012345）"
