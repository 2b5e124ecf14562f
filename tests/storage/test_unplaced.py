"""Which incidents have something that waits: known from stories of before, and found by an index of their own."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import insert, select, text
from sqlalchemy.event import listen

from lookup.storage import migrate, unplaced
from lookup.storage.database import Database, open_database
from lookup.storage.tables import incident
from lookup.storage.unplaced import Key


def rows(*waiting: tuple[str, list[str]]) -> list[dict[str, object]]:
    """Incidents of these units, of which events typed in at these times wait."""
    made: list[dict[str, object]] = []
    for place, (unit, typed) in enumerate(waiting):
        told = {"incident": str(place)} | ({"waiting": [{"entered_at": at} for at in typed]} if typed else {})
        values = {"number": str(place), "token": b"%16d" % place, "unit": unit, "reported": 1, "updated": 1}
        made.append(values | {"story": json.dumps(told, separators=(",", ":"))})
    return made


def test_stories_of_before_say_since_when_something_waits(database_url: str) -> None:
    """Migration 0011 takes the moment from the event that was typed in first; where none waits it is 0."""
    database = open_database(database_url)
    migrate.upgrade(database, "0010")
    early, late = "1970-01-01T08:00:02+08:00", "1970-01-01T00:00:09+00:00"
    with database.write() as conn:
        told = insert(incident).values(
            {name: text(f":{name}") for name in ("number", "token", "unit", "reported", "updated", "story")}
        )
        conn.execute(told, rows(("3699", [late, early]), ("3699", []), ("3699", [late])))
    migrate.upgrade(database)
    with database.read() as conn:
        found = conn.execute(select(incident.c.waiting).order_by(incident.c.number)).scalars().all()
    assert found == [2_000_000, 0, 9_000_000]
    database.close()


def test_pages_go_on_after_a_place(database: Database) -> None:
    """Ascending by moment and incident, only those of the units asked for; a count stops at its limit."""
    made = rows(*[("369901", []), ("369902", []), ("369901", []), ("369901", []), ("369901", [])])
    with database.write() as conn:
        conn.execute(
            insert(incident), [row | {"waiting": at} for row, at in zip(made, (7, 1, 7, 0, 3), strict=True)]
        )
    with database.read() as conn:
        whole = unplaced.oldest(conn, ("369901",), None, 9)
        assert [row.number for row in whole] == ["4", "0", "2"]
        after = Key(whole[1].waiting, whole[1].id)
        assert [row.number for row in unplaced.oldest(conn, ("369901",), after, 9)] == ["2"]
        assert unplaced.count(conn, ("3699",), 9) == 4
        assert unplaced.count(conn, ("3699",), 2) == 2
        assert unplaced.count(conn, (), 9) == 0


def test_the_search_walks_the_index_of_what_waits(database: Database) -> None:
    """However many incidents there are, only those of which something waits are looked at, in their order."""
    made = [row | {"waiting": int(n == 7)} for n, row in enumerate(rows(*[("3699", [])] * 2000))]
    asked: list[tuple[str, Any]] = []
    with database.write() as conn:
        conn.execute(insert(incident), made)
        if database.dialect == "postgresql":
            conn.execute(text("ANALYZE incident"))
        listen(conn, "before_cursor_execute", lambda _c, _d, query, values, *_: asked.append((query, values)))
        assert [row.number for row in unplaced.oldest(conn, ("3699",), Key(0, 1), 21)] == ["7"]
        query, values = asked[0]
        explain = "EXPLAIN QUERY PLAN" if database.dialect == "sqlite" else "EXPLAIN"
        plan = "\n".join(str(row) for row in conn.exec_driver_sql(f"{explain} {query}", values))
    assert "ix_incident_waiting_id" in plan
    assert "TEMP B-TREE" not in plan
    assert "Sort" not in plan
