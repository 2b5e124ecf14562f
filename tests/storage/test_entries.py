"""Searching entries: every page of every filter, and the plan that keeps it quick at any size."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, event, insert, text

from lookup.ledger.entry import ACTIONS, OUTCOMES, Row
from lookup.storage import entries
from lookup.storage.database import Database
from lookup.storage.entries import Filter, Found, Key
from lookup.storage.tables import audit_checkpoint, audit_entry, audit_run

START = 1_770_000_000_000_000
WHOLE = re.compile(r"SCAN audit_entry(?!.*INDEX)")
NETS = ["203.0.113.0/24", "198.51.100.0/24", "192.0.2.0/24"]
KINDS = [
    ("lookup.verify", "released"),
    ("lookup.verify", "refused"),
    ("lookup.verify", "limited"),
    ("lookup.open", "released"),
    ("push.event", "accepted"),
    ("push.event", "quarantined"),
]


def token(number: int) -> bytes:
    """A 16-byte token."""
    return number.to_bytes(16, "big")


def made(count: int, seed: int = 5) -> list[Row]:
    """Entries of three lanes, several in one microsecond, as a database would return them."""
    dice = random.Random(seed)  # noqa: S311
    rows, ts = [], START
    for number in range(count):
        ts += dice.choice([0, 0, 1, 700])
        action, outcome = dice.choice(KINDS)
        report = token(dice.randrange(8)) if action != "push.event" else None
        rows.append(
            Row(
                number % 3 + 1,
                number // 3 + 1,
                ts,
                ACTIONS[action],
                OUTCOMES[outcome],
                token(100 + dice.randrange(4)),
                report,
                dice.choice(NETS),
                None,
                bytes(16),
                None,
                bytes(32),
            )
        )
    return rows


def fill(database: Database, rows: list[Row]) -> None:
    """Insert entries as they are and let the database count them."""
    with database.write() as conn:
        conn.execute(insert(audit_entry), [row._asdict() for row in rows])
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text("ANALYZE" if database.dialect == "sqlite" else "VACUUM (ANALYZE)"))


def matching(rows: list[Row], f: Filter) -> list[Row]:
    """What a filter means, newest first, the slow way."""
    wanted = [
        row
        for row in rows
        if (f.since is None or row.ts >= f.since)
        and (f.until is None or row.ts < f.until)
        and (f.action is None or row.action == ACTIONS[f.action])
        and (f.outcome is None or row.outcome == OUTCOMES[f.outcome])
        and (f.actor is None or row.actor == f.actor)
        and (f.report is None or row.report == f.report)
        and (f.net is None or row.net == f.net)
    ]
    return sorted(wanted, key=lambda row: (row.ts, row.writer, row.seq), reverse=True)


def filters(rows: list[Row]) -> list[Filter]:
    """Every combination of having and not having each part."""
    middle, late = rows[len(rows) // 4].ts, rows[-20].ts
    parts = itertools.product(
        [(None, None), (middle, late)],
        [None, "lookup.verify", "push.event"],
        [None, "refused", "quarantined"],
        [None, token(101)],
        [None, token(3)],
        [None, NETS[1]],
    )
    return [Filter(since, until, a, o, u, r, n) for (since, until), a, o, u, r, n in parts]


def pages(conn: Connection, f: Filter, scan: int) -> Iterator[Found]:
    """Every page from the newest to the oldest."""
    before: Key | None = None
    while True:
        found = entries.search(conn, f, 7, before=before, scan=scan)
        yield found
        if found.older is None:
            return
        before = found.older


@pytest.mark.parametrize("scan", [entries.SCAN, 40])
def test_pages_are_exactly_what_matches(database: Database, scan: int) -> None:
    """Walking older pages gives each matching entry once, newest first, for every filter, however short the walk."""
    rows = made(400)
    fill(database, rows)
    with database.read() as conn:
        for f in filters(rows):
            walked = [row for found in pages(conn, f, scan) for row in found.rows]
            assert walked == matching(rows, f), f


def test_going_back_shows_the_same_page(database: Database) -> None:
    """The newer page of an older page is the page one came from; at the top there is nothing newer."""
    rows = made(200)
    fill(database, rows)
    with database.read() as conn:
        for f in (Filter(), Filter(action="lookup.verify"), Filter(outcome="refused"), Filter(net=NETS[0])):
            way = list(pages(conn, f, entries.SCAN))
            for earlier, later in itertools.pairwise(way):
                back = entries.search(conn, f, 7, after=later.newer)
                assert back.rows == earlier.rows
                assert back.older == earlier.older
            assert way[0].newer is None


def test_an_empty_page_leads_back(database: Database) -> None:
    """Past the oldest entry the way back leads to the entry one came from."""
    rows = made(20)
    fill(database, rows)
    oldest = matching(rows, Filter())[-1]
    with database.read() as conn:
        empty = entries.search(conn, Filter(), 5, before=Key(oldest.ts, oldest.writer, oldest.seq))
        assert empty.rows == ()
        assert empty.older is None
        back = entries.search(conn, Filter(), 5, after=empty.newer)
        assert back.rows == tuple(matching(rows, Filter())[-5:])


def test_a_long_walk_says_how_far_it_looked(database: Database) -> None:
    """A filter without an index gives up after so many rows and names the time up to which nothing matches."""
    rows = made(400)
    fill(database, rows)
    with database.read() as conn:
        found = entries.search(conn, Filter(net="203.0.113.0/25"), 7, scan=100)
    assert found.rows == ()
    assert found.stopped == matching(rows, Filter())[100].ts
    assert found.older is not None


def test_counts_stop_at_the_most(database: Database) -> None:
    """Counts are exact below the most they may count and stand at it from there on."""
    rows = made(300)
    fill(database, rows)
    since = rows[100].ts
    exact = {name: len(matching(rows, Filter(since, outcome=name))) for name in ("refused", "limited")}
    with database.read() as conn:
        assert entries.count(conn, exact, since, 10_000) == exact
        assert entries.count(conn, ["refused"], since, 3) == {"refused": 3}
        assert entries.count_all(conn, since, 10_000) == len(matching(rows, Filter(since)))


def test_an_unknown_code_is_refused(database: Database) -> None:
    """A filter can not ask for an action that no entry can have."""
    with database.read() as conn, pytest.raises(KeyError):
        entries.search(conn, Filter(action="lookup.guess"), 5)


def test_index_and_checkpoint_of_an_entry(database: Database) -> None:
    """An entry inside a run has its index and the first checkpoint above it; one after the run has neither yet."""
    with database.write() as conn:
        run = {"first_idx": 10, "writer": 4, "first_seq": 3, "n": 5}
        conn.execute(insert(audit_run), [run, run | {"first_idx": 40, "first_seq": 20}])
        note = {"prev": 0, "root": bytes(32), "ts": START, "note": "note"}
        conn.execute(insert(audit_checkpoint), [note | {"size": 12}, note | {"size": 99, "prev": 12}])
    with database.read() as conn:
        assert [entries.index_of(conn, 4, seq) for seq in (2, 3, 7, 8, 20)] == [None, 10, 14, None, 40]
        assert entries.index_of(conn, 5, 3) is None
        first, second = entries.checkpoint_over(conn, 11), entries.checkpoint_over(conn, 12)
        assert first is not None
        assert second is not None
        assert (first.size, second.size) == (12, 99)
        assert entries.checkpoint_over(conn, 99) is None


def test_every_search_walks_an_index(database: Database) -> None:
    """No filter, in no direction, reads a table or sorts it that is much larger than what may be looked at."""
    rows = made(30_000)
    fill(database, rows)
    middle = Key(*[(row.ts, row.writer, row.seq) for row in rows][15_000])
    asked: list[tuple[str, object]] = []

    @event.listens_for(database.engine, "before_cursor_execute")
    def _keep(_c: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        if not statement.startswith("EXPLAIN"):
            asked.append((statement, parameters))

    with database.read() as conn:
        for f in filters(rows):
            for before, after in ((None, None), (middle, None), (None, middle)):
                entries.search(conn, f, 50, before, after, scan=500)
        entries.count(conn, ["refused"], rows[20_000].ts, 1000)
        entries.count_all(conn, rows[29_000].ts, 1000)
        for statement, parameters in {str(each): each for each in asked}.values():
            assert slow_steps(conn, database.dialect, statement, parameters) == [], statement


def slow_steps(conn: Connection, dialect: str, statement: str, parameters: object) -> list[str]:
    """The lines of a query's plan that read everything or sort more than ties."""
    if dialect == "sqlite":
        plan = conn.exec_driver_sql("EXPLAIN QUERY PLAN " + statement, parameters)  # type: ignore[arg-type]
        lines = [str(row[3]) for row in plan]
        return [each for each in lines if "TEMP B-TREE" in each or WHOLE.match(each)]
    plan = conn.exec_driver_sql("EXPLAIN " + statement, parameters)  # type: ignore[arg-type]
    lines = [str(row[0]).strip() for row in plan]
    return [each for each in lines if "Seq Scan on audit_entry" in each or sorted_rows(each) > entries.SCAN]


def sorted_rows(line: str) -> int:
    """How many rows a line of a PostgreSQL plan sorts; ties in a walked index do not count."""
    found = re.match(r"(?:->  )?Sort .* rows=([0-9]+)", line)
    return int(found.group(1)) if found else 0
