"""Migrations: numbered, equal to the tables the code is written for, and safe for data that is there."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Column, Connection, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from lookup.storage import incidents, migrate, quarantine
from lookup.storage.database import Collision, Database, open_database
from lookup.storage.ledger_tables import metadata
from lookup.storage.staff_tables import staff
from lookup.storage.tables import audit_entry, incident, second_fact, unit

VERSIONS = Path(migrate.__file__).parent / "migrations" / "versions"
REVISIONS = sorted(path.name[:4] for path in VERSIONS.glob("[0-9]*.py"))


def put(conn: Connection) -> None:
    """One row in tables of each kind, as the first schema has them."""
    conn.execute(
        insert(unit),
        {"code": "369902510000", "name": "东湖派出所", "name_en": "Donghu", "phone": "0369-5550101"},
    )
    row = {"number": "1", "token": b"t" * 16, "unit": "369902510000", "reported": 1, "updated": 2}
    key = conn.execute(insert(incident).values(row).returning(incident.c.id)).scalar_one()
    fact = text("INSERT INTO second_fact (incident, kind, digest) VALUES (:incident, 1, :digest)")
    conn.execute(fact, {"incident": key, "digest": b"d" * 32})
    values = {
        "writer": 1,
        "seq": 1,
        "ts": 1,
        "action": 1,
        "outcome": 1,
        "actor": b"a" * 16,
        "salt": b"s" * 16,
    }
    conn.execute(insert(audit_entry), values)
    account = {"id": b"i" * 16, "name": "lin", "role": "supervisor", "jurisdiction": "3699", "password": ""}
    conn.execute(insert(staff), account | {"totp": b"", "created": 1})


def test_migrations_are_numbered_without_gaps() -> None:
    """The files are 0001, 0002 … in one line, each naming its predecessor."""
    assert REVISIONS == [f"{number:04}" for number in range(1, len(REVISIONS) + 1)]
    for path in VERSIONS.glob("[0-9]*.py"):
        named = re.search(
            r'^down_revision = (?:"(\d{4})"|None)', path.read_text(encoding="utf-8"), re.MULTILINE
        )
        assert named is not None
        assert named.group(1) == (None if path.name[:4] == "0001" else f"{int(path.name[:4]) - 1:04}")
    assert migrate.newest() == REVISIONS[-1]


@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index")
def test_the_migrated_schema_is_the_one_the_code_is_written_for(database: Database) -> None:
    """Alembic finds no difference between the database and tables.py, which also says what only one of them has."""

    def here(found: Any, _name: object, _kind: str, reflected: bool, _other: object) -> bool:
        return reflected or found.info.get("only", database.dialect) == database.dialect

    def differs(_c: object, _column: object, told: Column[Any], stored: object, _type: object) -> bool | None:
        kept = told.info.get(database.dialect)
        return None if kept is None else not isinstance(stored, kept)

    with database.read() as conn:
        context = MigrationContext.configure(conn, opts={"include_object": here, "compare_type": differs})
        assert compare_metadata(context, metadata) == []


@pytest.mark.parametrize("revision", REVISIONS)
def test_data_of_each_revision_survives_to_the_newest(database_url: str, revision: str) -> None:
    """Rows written under a revision are still there, unchanged, after every later migration."""
    database = open_database(database_url)
    migrate.upgrade(database, revision)
    with database.write() as conn:
        put(conn)
    migrate.upgrade(database)
    with database.read() as conn:
        assert conn.execute(select(incident.c.number, incident.c.generation)).all() == [("1", 1)]
        assert conn.execute(select(second_fact.c.digest)).scalars().all() == [b"d" * 32]
        assert conn.execute(select(audit_entry.c.salt)).scalars().all() == [b"s" * 16]
        assert conn.execute(select(staff.c.name, staff.c.body, staff.c.covert)).all() == [("lin", "", False)]
    assert migrate.current(database) == migrate.newest()
    database.close()


def test_migrating_twice_changes_nothing(database: Database) -> None:
    """A second run finds nothing to do."""
    before = migrate.current(database)
    migrate.upgrade(database)
    assert migrate.current(database) == before


def test_refused_events_of_before_get_their_rule_and_state(database_url: str) -> None:
    """An event that was taken later under the same id has settled its refused ones; the rule can be searched."""
    database = open_database(database_url)
    migrate.upgrade(database, "0006")
    with database.write() as conn:
        conn.execute(
            text(
                "INSERT INTO incident (id, number, token, unit, reported, updated) VALUES (1, '1', :t, '', 1, 1)"
            ),
            {"t": b"t"},
        )
        taken = "INSERT INTO event VALUES ('s', :id, 1, 1, 50, 'c', NULL, :digest, '{}', '')"
        conn.execute(text(taken), [{"id": "mended", "digest": b"m"}, {"id": "reused", "digest": b"m"}])
        kept = (
            "INSERT INTO quarantine (client, source, event, received, digest, problem, sealed) "
            "VALUES ('c', 's', :event, :received, :digest, :problem, :digest)"
        )
        for event, received, rule in (
            ("mended", 10, "wire.format"),
            ("lying", 20, "R2026/x"),
            ("reused", 30, "event.id_reused"),
            ("mended", 60, "event.id_reused"),
        ):
            row = {"event": event, "received": received, "digest": str(received).encode()}
            conn.execute(text(kept), row | {"problem": json.dumps({"rule": rule})})
    migrate.upgrade(database)
    with database.read() as conn:
        found = quarantine.search(conn, quarantine.Sought(), 10)
    assert [(i.rule, i.state, i.settled, i.ended, i.judged) for i in found] == [
        ("wire.format", "settled", "mended", 50, 10),
        ("R2026/x", "open", "", None, 20),
        ("event.id_reused", "open", "", None, 30),
        ("event.id_reused", "open", "", None, 60),
    ]
    database.close()


@pytest.mark.parametrize(
    ("role", "allowed", "forbidden"),
    [
        ("lookup_citizen", "SELECT count(*) FROM incident", "SELECT count(*) FROM staff"),
        ("lookup_citizen", "SELECT count(*) FROM unit", "UPDATE incident SET generation = 2"),
        ("lookup_push", "SELECT count(*) FROM client", "SELECT count(*) FROM staff_session"),
        ("lookup_push", "SELECT count(*) FROM event", "DELETE FROM event"),
        (
            "lookup_console",
            "SELECT count(*) FROM audit_entry",
            "INSERT INTO audit_checkpoint VALUES (1, 0, '', 1, '')",
        ),
        ("lookup_console", "SELECT count(*) FROM staff", "SELECT count(*) FROM second_fact"),
        ("lookup_console", "SELECT count(*) FROM quarantine", "UPDATE incident SET generation = 2"),
        ("lookup_console", "SELECT count(*) FROM event", "UPDATE quarantine SET sealed = ''"),
        ("lookup_worker", "SELECT count(*) FROM audit_run", "SELECT count(*) FROM staff"),
        ("lookup_worker", "SELECT count(*) FROM audit_cosig", "DELETE FROM audit_tile"),
        (
            "lookup_citizen",
            "SELECT count(*) FROM audit_tile",
            "INSERT INTO audit_cosig VALUES (1, '', 1, '')",
        ),
        ("lookup_push", "SELECT count(*) FROM audit_alarm", "SELECT count(*) FROM audit_entry"),
        ("lookup_retention", "SELECT count(*) FROM audit_segment", "SELECT count(*) FROM incident"),
        ("lookup_retention", "SELECT count(*) FROM audit_entry", "UPDATE audit_entry SET outcome = 1"),
    ],
)
def test_each_surface_has_only_its_own_rights(
    postgres_url: str, role: str, allowed: str, forbidden: str
) -> None:
    """A PostgreSQL role may do its surface's work and is refused what belongs to another."""
    owner = open_database(postgres_url)
    migrate.upgrade(owner)
    owner.close()
    database = open_database(postgres_url, role=role)
    with database.read() as conn:
        assert conn.execute(text(allowed)).scalar_one() == 0
    with pytest.raises(DBAPIError, match="permission denied"), database.write() as conn:
        conn.execute(text(forbidden))
    database.close()


@pytest.mark.parametrize("role", ["lookup_citizen", "lookup_push", "lookup_console", "lookup_worker"])
def test_no_role_may_change_or_delete_entries_and_events(postgres_url: str, role: str) -> None:
    """UPDATE, DELETE and TRUNCATE of the ledger and of events are granted to nobody."""
    owner = open_database(postgres_url)
    migrate.upgrade(owner)
    query = text("SELECT has_table_privilege(:role, :table, :right)")
    with owner.read() as conn:
        for table in ("audit_writer", "audit_entry", "audit_run", "audit_tile", "audit_checkpoint", "event"):
            for right in ("UPDATE", "DELETE", "TRUNCATE"):
                values = {"role": role, "table": table, "right": right}
                assert conn.execute(query, values).scalar_one() is False
        assert conn.execute(select(staff)).all() == []
    owner.close()


def test_incidents_are_put_on_the_list_of_their_first_event(database_url: str) -> None:
    """Migration 0008 takes source, unit and moment from the earliest event; one without events keeps its moment."""
    database = open_database(database_url)
    migrate.upgrade(database, "0007")
    columns = "source, id, incident, at, received, client, digest, body, answer"
    told = text(f"INSERT INTO event ({columns}) VALUES (:s, :i, :n, :at, 1, 'c', :d, :b, '{{}}')")  # noqa: S608
    with database.write() as conn:
        put(conn)
        row = {"number": "2", "token": b"u" * 16, "unit": "369903510000", "reported": 9, "updated": 9}
        key = conn.execute(incident.insert().values(row).returning(incident.c.id)).scalar_one()
        for source, at, unit_ in (("urn:b", 7, "369902510000"), ("urn:a", 9, "369903510000")):
            values = {"s": source, "i": "e", "n": key, "at": at, "d": b"d", "b": f'{{"unit":"{unit_}"}}'}
            conn.execute(told, values)
    migrate.upgrade(database)
    query = select(incident.c.number, incident.c.source, incident.c.origin, incident.c.reported)
    with database.read() as conn:
        found = conn.execute(query.order_by(incident.c.number)).all()
    assert [tuple(row) for row in found] == [("1", "", "", 1), ("2", "urn:b", "369902510000", 7)]
    database.close()


def test_second_facts_of_before_were_told_before_any_correction(database_url: str) -> None:
    """Migration 0013 takes a phone for the reporter's, an identity for a victim's, and both open the report still."""
    database = open_database(database_url)
    migrate.upgrade(database, "0012")
    with database.write() as conn:
        put(conn)
        identity = "INSERT INTO second_fact (incident, kind, digest) SELECT id, 2, :digest FROM incident"
        conn.execute(text(identity), {"digest": b"i" * 32})
    migrate.upgrade(database)
    with database.read() as conn:
        key = conn.execute(select(incident.c.id)).scalar_one()
        assert [incidents.facts(conn, key, kind) for kind in (1, 2)] == [[b"d" * 32], [b"i" * 32]]
    with database.write() as conn:
        conn.execute(update(incident).values(reporter_since=1))
        assert [incidents.facts(conn, key, kind) for kind in (1, 2)] == [[], [b"i" * 32]]
        conn.execute(update(incident).values(victim_since=1))
        assert incidents.facts(conn, key, 2) == []
    database.close()


def test_entries_are_the_same_after_they_were_made_smaller(database_url: str) -> None:
    """Migration 0010 rewrites the table of entries and changes none, nor what may be done to them."""
    database = open_database(database_url)
    migrate.upgrade(database, "0009")
    whole = {
        "ts": 1 << 52,
        "action": 2,
        "outcome": 1,
        "actor": b"a" * 16,
        "report": b"r" * 16,
        "mac": b"m" * 32,
    }
    whole |= {"net": "192.0.2.0/24", "detail": '{"n":1}', "salt": b"s" * 16, "commitment": None}
    erased = whole | {
        "report": None,
        "net": None,
        "detail": None,
        "salt": None,
        "commitment": b"c" * 32,
        "mac": None,
    }
    rows = [
        {"writer": 7, "seq": seq, **row} for seq, row in ((1, whole), (2, erased), ((1 << 31) - 1, whole))
    ]
    with database.write() as conn:
        conn.execute(insert(audit_entry), rows)
    migrate.upgrade(database)
    with database.read() as conn:
        assert [
            dict(row) for row in conn.execute(select(audit_entry).order_by(audit_entry.c.seq)).mappings()
        ] == rows
    for statement in ("UPDATE audit_entry SET seq = 9", "DELETE FROM audit_entry"):
        with pytest.raises(DBAPIError, match="append-only"), database.write() as conn:
            conn.execute(text(statement))
    with pytest.raises(Collision), database.write() as conn:
        conn.execute(insert(audit_entry), rows[:1])
    database.close()
