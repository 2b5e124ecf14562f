"""Names that sources give to lists and files: which of them may hold a number of a person, a report or a case."""

from __future__ import annotations

import base64
import random

import pytest

from lookup.domain.naming import holds_number
from lookup.domain.numbers import TWENTY

UNIT = "369901510000"


@pytest.mark.parametrize(
    "name",
    [
        "19900001234", "tel-19900001234.csv", "36990126030208140501", "x36990126030208140501x",
        "A3699015100002026030001",
        "999999200001010011", "99999920000101001X", "a9999991990010100b", "057112345678", "199000012345", "2" * 14,
        "20261302140509", "202603021405", UNIT,
    ],
)  # fmt: skip
def test_eleven_digits_in_a_row_may_be_somebody(name: str) -> None:
    """A phone, an ID, an incident, a case, or anything as long, wherever it stands."""
    assert holds_number(name, TWENTY)


@pytest.mark.parametrize(
    "name",
    [
        "2026-03-02", f"2026-03-02-{UNIT}", f"{UNIT}.20260302", "20260302140509", "list_20260302140509.1", "2026030214",
        "20260302-140509", "day", "0123456789-0123456789", "",
    ],
)  # fmt: skip
def test_a_day_a_moment_and_the_own_unit_are_nobody(name: str) -> None:
    """What lists are usually named by, those of `lookup reconcile manifest` among them."""
    assert not holds_number(name, TWENTY, UNIT)


def test_another_unit_is_no_reason() -> None:
    """Twelve digits are excused only where they are the unit that the list itself names."""
    assert holds_number(f"2026-03-02-{UNIT}", TWENTY, "369901520000")


def test_the_form_of_incident_numbers_is_that_of_the_deployment() -> None:
    """Short ones, or such with letters, are found too."""
    assert holds_number("day-J123456", "J[0-9]{6}")
    assert not holds_number("day-123456", "J[0-9]{6}")


def test_a_random_id_of_the_client_is_nobody() -> None:
    """One in sixty million holds such a run by chance; of 32 hexadecimal digits, which are taken too, one in twenty."""
    draw = random.Random(7)  # noqa: S311 - the same ids in each run
    made = [draw.randbytes(18) for _ in range(5000)]
    assert not any(holds_number(base64.urlsafe_b64encode(each).decode(), TWENTY) for each in made)
    assert 0.04 < sum(holds_number(each[:16].hex(), TWENTY) for each in made) / len(made) < 0.06
