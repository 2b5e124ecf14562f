"""Division codes keep the names they had, and the table is refused when it contradicts itself."""

from datetime import date
from pathlib import Path

import pytest

from lookup.domain import divisions

TEXT = (Path(divisions.__file__).parent / "rules" / "divisions.csv").read_text(encoding="utf-8")
HEAD = "code,name,from,until,successor,mark\n369900,云溪市,,,,verified\n360000,江西省,,,,verified\n"


def test_the_table_is_complete() -> None:
    """One province, eleven cities and a hundred counties are in use today."""
    table, today = divisions.parse(TEXT), date(2026, 3, 1)
    codes = [c for c, rows in table.rows.items() if any(row.in_use(today) for row in rows)]
    assert len(codes) == 112
    assert sum(c.endswith("00") for c in codes) == 12


@pytest.mark.parametrize(
    ("code", "day", "path"),
    [
        ("360102510000", date(2026, 3, 1), ("江西省", "南昌市", "东湖区")),
        ("360402", date(2014, 1, 1), ("江西省", "九江市", "庐山区")),
        ("360402", date(2026, 1, 1), ("江西省", "九江市", "濂溪区")),
        ("360122", date(2012, 1, 1), ("江西省", "南昌市", "新建县")),
        ("360122", date(2026, 1, 1), ("江西省", "南昌市", "新建县")),
        ("360100", date(2026, 1, 1), ("江西省", "南昌市")),
        ("369901", date(2026, 1, 1), ("江西省",)),
        ("110000", date(2026, 1, 1), ()),
    ],
)
def test_a_code_is_named_as_of_its_day(code: str, day: date, path: tuple[str, ...]) -> None:
    """A renamed code has the name of the day; a retired one keeps its last; an unknown one is never refused."""
    assert divisions.parse(TEXT).path(code, day) == path


def test_retired_codes_lead_to_their_successor() -> None:
    """A code of 2014 is found under the code that took over; before that day it stands for itself."""
    table = divisions.parse(TEXT)
    assert table.current("360122", date(2026, 1, 1)) == "360112"
    assert table.current("360122", date(2014, 1, 1)) == "360122"
    assert table.current("999999", date(2026, 1, 1)) == "999999"
    retired = [
        "360122",
        "360105",
        "360421",
        "360427",
        "360622",
        "360721",
        "360727",
        "361029",
        "361121",
        "361122",
    ]
    for code in retired:
        row = table.at(table.current(code, date(2026, 1, 1)), date(2026, 1, 1))
        assert row is not None
        assert row.in_use(date(2026, 1, 1))


def test_tables_add_up() -> None:
    """A deployment (or the demo) gives further rows beside the shipped ones."""
    table = divisions.parse(TEXT, "code,name,from,until,successor,mark\n369900,云溪市,,,,verified\n")
    assert table.path("369900", date(2026, 1, 1)) == ("江西省", "云溪市")
    assert "云溪市" in table.names()


@pytest.mark.parametrize(
    "line",
    [
        "36990,短,,,,verified",
        "369901,,,,,verified",
        "369901,临江区,2026-13-01,,,verified",
        "369901,临江区,,,,guessed",
        "369901,临江区",
        "369801,无上级,,,,verified",
        "369901,临江区,,2020-01-01,369999,verified",
        "369901,甲区,,2020-01-01,,verified\n369901,乙区,2019-01-01,,,verified",
    ],
)
def test_a_contradictory_table_is_refused(line: str) -> None:
    """Malformed lines, missing parents or successors and overlapping periods stop the start."""
    with pytest.raises(ValueError, match="division table"):
        divisions.parse(HEAD + line)
