"""Which index a search walks: its own, however frequent what it looks for is said to be."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import Connection, event

from lookup.ledger.entry import Row
from lookup.storage import entries
from lookup.storage.database import Database
from lookup.storage.entries import Filter
from tests.storage.test_entries import fill, made, matching, token

BY_TIME = re.compile("(Scan|SEARCH|SCAN).* (using|USING) .*ix_audit_entry_(time|ts)")
LONG_AGO = token(7_000)
SEARCHES = {
    "actor": Filter(actor=LONG_AGO),
    "report": Filter(report=LONG_AGO),
    "no such pair": Filter(action="lookup.open", outcome="refused"),
    "outcome": Filter(outcome="refused"),
    "action": Filter(action="lookup.verify"),
    "actor and outcome": Filter(actor=LONG_AGO, outcome="refused"),
    "actor and network": Filter(actor=LONG_AGO, net="192.0.2.0/23"),
    "report and network": Filter(report=LONG_AGO, net="192.0.2.0/23"),
    "outcome and network": Filter(outcome="refused", net="192.0.2.0/24"),
}


def old_and_new() -> list[Row]:
    """Entries with an actor and a report that have a fifth of the older half, and none after it."""
    rows = made(20_000)
    return [
        row._replace(actor=LONG_AGO, report=LONG_AGO) if place % 5 == 0 and place < 10_000 else row
        for place, row in enumerate(rows)
    ]


@pytest.mark.parametrize("name", SEARCHES)
def test_what_is_frequent_only_long_ago_is_not_looked_for_in_everything_since(
    database: Database, name: str
) -> None:
    """No search but one by time alone walks the index by time: it would read all that is newer and does not match."""
    rows = old_and_new()
    fill(database, rows)
    asked: list[tuple[str, object]] = []

    @event.listens_for(database.engine, "before_cursor_execute")
    def _keep(_c: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        asked.append((statement, parameters))

    with database.read() as conn:
        found = entries.search(conn, SEARCHES[name], 50)
        # How far one search looks depends on how many kinds of entries there are.
        seen = [row for row in matching(rows, SEARCHES[name]) if row.ts >= (found.stopped or 0)]
        assert found.rows == tuple(seen[:50])
        assert database.dialect == "sqlite" or len(asked) == 1  # however many pairs of action and outcome
        for statement, parameters in list(asked):
            told = plan(conn, database.dialect, statement, parameters)
            assert not BY_TIME.search(told)
            assert "Bitmap" not in told or " and " in name  # nothing is read beyond the page


def plan(conn: Connection, dialect: str, statement: str, parameters: object) -> str:
    """How the database would answer a statement."""
    words = "EXPLAIN QUERY PLAN " if dialect == "sqlite" else "EXPLAIN "
    found = conn.exec_driver_sql(words + statement, parameters)  # type: ignore[arg-type]
    return "\n".join(str(row[-1]) for row in found)
