"""Rows that another may be adding too: each is stored as it was given, or none and it is said."""

from __future__ import annotations

from typing import Any

import pytest

from lookup.storage.bulk import add_new
from lookup.storage.database import Database, Failure, TakenError
from lookup.storage.direct import ask
from lookup.storage.tables import incident

COLUMNS = ("number", "token", "unit", "reported", "updated", "story", "withheld", "sealed")
_ALL = f"SELECT {', '.join(COLUMNS)} FROM incident ORDER BY number"  # noqa: S608 - no input


def rows(count: int, sealed: bytes | None = None) -> list[dict[str, Any]]:
    """Made-up incidents with values of every kind."""
    made = list[dict[str, Any]]()
    for place in range(count):
        number, moment = f"{place:04}", 1 << place % 60
        values = (number, number.encode(), "单位", moment, place, 'a"{\\,}', place % 2 == 0, sealed)
        made.append(dict(zip(COLUMNS, values, strict=True)))
    return made


@pytest.mark.parametrize("sealed", [None, b"\0\xff"])
@pytest.mark.parametrize("count", [0, 1, 7, 8, 101, 250])
def test_each_row_is_stored_as_it_is_and_comes_back(
    database: Database, count: int, sealed: bytes | None
) -> None:
    """However many they are, whatever their values; what was asked for comes back of each."""
    with database.write() as conn:
        told = add_new(conn, incident, rows(count, sealed), "number")
    assert sorted(told) == [(f"{place:04}",) for place in range(count)]
    with database.read() as conn:
        assert ask(conn, _ALL) == [tuple(row.values()) for row in rows(count, sealed)]


@pytest.mark.parametrize("count", [2, 20])
def test_a_key_that_is_taken_is_said_and_nothing_is_kept(database: Database, count: int) -> None:
    """One of them is there already: the transaction ends without any, as with every other failure of a database."""
    with database.write() as conn:
        add_new(conn, incident, rows(count)[-1:])
    with pytest.raises(TakenError) as told, database.write() as conn:
        add_new(conn, incident, rows(count))
    assert isinstance(told.value, Failure)
    with database.read() as conn:
        assert ask(conn, _ALL) == [tuple(row.values()) for row in rows(count)[-1:]]
