"""Which declared numbers have come all the same, found without going through all that has come."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert, text
from sqlalchemy.event import listen

from lookup.storage import unused
from lookup.storage.database import Database
from lookup.storage.oversight_tables import sequence_unused
from lookup.storage.tables import event, incident

SOURCE = "urn:yunxi:110"


def test_only_declared_numbers_are_looked_up(database: Database) -> None:
    """Each declaration is one look at an index of events, however many of either there are."""
    sent = {"source": SOURCE, "at": 1, "received": 1, "client": "c", "digest": b"d", "body": "", "answer": ""}
    said = {"client": "c", "source": SOURCE, "reason": "rolled_back", "declared": 1, "entry": "1-1"}
    report = {"number": "1", "token": b"t" * 16, "unit": "3699", "reported": 1, "updated": 1}
    asked: list[tuple[str, Any]] = []
    with database.write() as conn:
        sent["incident"] = conn.execute(insert(incident).values(report).returning(incident.c.id)).scalar_one()
        conn.execute(insert(event), [sent | {"id": str(n), "sequence": 2 * n} for n in range(5000)])
        odd = [said | {"first": 2 * n + 1, "last": 2 * n + 1 + (n == 7)} for n in range(1000)]
        conn.execute(insert(sequence_unused), odd)
        conn.execute(text("ANALYZE"))
        listen(conn, "before_cursor_execute", lambda _c, _d, query, values, *_: asked.append((query, values)))
        assert unused.came(conn, SOURCE, 10) == [16]
        assert unused.came(conn, "urn:other", 10) == []
        query, values = asked[0]
        explain = "EXPLAIN QUERY PLAN" if database.dialect == "sqlite" else "EXPLAIN"
        plan = [str(row) for row in conn.exec_driver_sql(f"{explain} {query}", values)]
    looks = [line for line in plan if "sequence >" in line or "sequence>" in line]
    assert len(looks) == 1, plan
    assert "first" in looks[0] or "sequence<?" in looks[0]


def test_numbers_are_counted_by_source(database: Database) -> None:
    """The width of every declaration of a source, and of no other."""
    said = {"client": "c", "reason": "rolled_back", "declared": 1, "entry": "1-1"}
    with database.write() as conn:
        rows = [(SOURCE, 3, 5), (SOURCE, 9, 9), ("urn:other", 1, 100)]
        conn.execute(
            insert(sequence_unused), [said | {"source": s, "first": a, "last": b} for s, a, b in rows]
        )
        assert unused.total(conn, SOURCE) == 4
        assert [row.first for row in unused.within(conn, SOURCE, 5, 9)] == [3, 9]
