"""A commit whose wait for the synchronous replica was cancelled is told by PostgreSQL as a warning; it is a failure."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from lookup.services.contexts import CitizenContext
from lookup.services.open_report import Opened, open_report
from lookup.services.passes import Pass
from lookup.storage.database import Database, NotReplicatedError
from lookup.storage.lanes import append, now_us, writer_of
from tests.storage.test_lanes import DRAFT
from tests.support import contexts, databases
from tests.support.reports import NUMBER, push_story

CANCELLED = "canceling wait for synchronous replication due to user request"


@pytest.fixture
def database(postgres_server: str) -> Iterator[Database]:
    """A PostgreSQL database with one report."""
    with databases.migrated_postgres(postgres_server) as url, databases.opened(url) as opened:
        push_story(contexts.push(opened), NUMBER)
        yield opened


def cancel_waits(database: Database, level: str = "WARNING") -> None:
    """From now on each commit of an entry gives the notice that a cancelled wait gives, at its end."""
    for statement in (
        "CREATE OR REPLACE FUNCTION cancelled() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE {level} '{CANCELLED}'; RETURN NULL; END $$",
        "DROP TRIGGER IF EXISTS cancelled ON audit_entry",
        "CREATE CONSTRAINT TRIGGER cancelled AFTER INSERT ON audit_entry DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION cancelled()",
    ):
        with database.write() as conn:
            conn.execute(text(statement))


def opened(context: CitizenContext) -> object:
    """The citizen opens the report."""
    with context.database.read() as conn:
        token = conn.execute(text("SELECT token FROM incident")).scalar_one()
    return open_report(context, Pass(b"p" * 16, bytes(token), 1, "T1", now_us()), "192.0.2.7")


def test_a_write_is_not_acknowledged(database: Database) -> None:
    """It raises although the server has committed, and its lane ends with the connection."""
    with database.write() as conn:
        lane = append(conn, contexts.PEN, DRAFT)[0].writer
    cancel_waits(database)
    with pytest.raises(NotReplicatedError), database.write() as conn:
        append(conn, contexts.PEN, DRAFT)
    with database.read() as conn:
        assert writer_of(conn) != lane
        assert conn.execute(text("SELECT count(*) FROM audit_entry WHERE action = 1")).scalar_one() == 2


def test_an_answer_is_not_released(database: Database) -> None:
    """Opening a report raises, so that the surface says 503; once waits end as they should it is answered again."""
    context = contexts.citizen(database)
    assert isinstance(opened(context), Opened)
    cancel_waits(database)
    for _ in range(2):
        with pytest.raises(NotReplicatedError):
            opened(context)
    cancel_waits(database, "NOTICE")
    assert isinstance(opened(context), Opened)
