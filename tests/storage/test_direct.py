"""Statements on the driver's own connection behave in their transaction as SQLAlchemy's do."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError, ProgrammingError

from lookup.storage.database import Collision, Database, Unsettled
from lookup.storage.direct import ask, put

_NONCES = "SELECT nonce, expires FROM push_nonce WHERE key = :key AND nonce IN :nonces ORDER BY nonce"


def rows(count: int, key: str = "k") -> list[dict[str, object]]:
    """Made-up nonces."""
    return [{"key": key, "nonce": f"{place:04}", "expires": place} for place in range(count)]


@pytest.mark.parametrize("count", [0, 1, 7, 100, 101, 250])
def test_what_is_put_is_found_however_many_statements_it_takes(database: Database, count: int) -> None:
    """Every row is stored once, what is asked to come back comes back of each, and lists of any length are found."""
    with database.write() as conn:
        told = put(conn, "push_nonce", rows(count), " RETURNING nonce")
    assert [row[0] for row in told] == [f"{place:04}" for place in range(count)]
    with database.read() as conn:
        names = [f"{place:04}" for place in range(count + 3)]
        assert ask(conn, _NONCES, key="k", nonces=names) == [(f"{place:04}", place) for place in range(count)]


def test_columns_go_by_name_in_whatever_order_a_row_has_them(database: Database) -> None:
    """A row that names its columns in another order than the first is stored right."""
    first, second = rows(2)
    with database.write() as conn:
        put(conn, "push_nonce", [first, dict(reversed(second.items()))])
        assert ask(conn, _NONCES, key="k", nonces=["0000", "0001"]) == [("0000", 0), ("0001", 1)]


def test_a_taken_key_is_a_collision_and_nothing_is_kept(database: Database) -> None:
    """It is raised as the exception that use cases know, and the transaction is undone."""
    with database.write() as conn:
        put(conn, "push_nonce", rows(1))
    with pytest.raises(Collision), database.write() as conn:
        put(conn, "push_nonce", [*rows(1, "other"), *rows(1)])
    with database.read() as conn:
        assert ask(conn, _NONCES, key="other", nonces=["0000"]) == []


def test_an_error_is_sqlalchemys_and_says_nothing_of_what_was_written(database: Database) -> None:
    """The values of a statement that fails stand in no exception: they may be somebody's data."""
    with pytest.raises((ProgrammingError, OperationalError)) as caught, database.write() as conn:
        ask(conn, "SELECT missing FROM push_nonce WHERE key = :key", key="19900001234")
    assert "19900001234" not in str(caught.value)
    with pytest.raises((ProgrammingError, OperationalError)) as caught, database.write() as conn:
        conn.execute(text("SELECT missing FROM push_nonce WHERE key = :key"), {"key": "19900001234"})
    assert "19900001234" not in str(caught.value)


def test_a_reading_statement_leaves_no_transaction_open(database: Database) -> None:
    """Whether it was asked with a transaction or alone: the connection goes back to the pool outside of any."""
    for connection in (database.read, database.single, database.write):
        with connection() as conn:
            ask(conn, _NONCES, key="k", nonces=["0001"])
    with database.engine.connect() as conn:
        assert not conn.in_transaction()
        if database.dialect == "postgresql":
            query = text(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'"
            )
            assert conn.execute(query).scalar_one() == 0
        else:
            assert not conn.connection.driver_connection.in_transaction  # type: ignore[union-attr]


@pytest.mark.parametrize("migrated_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("direct", [True, False])
def test_a_connection_lost_is_told_as_that_and_the_next_is_a_new_one(
    database: Database, direct: bool
) -> None:
    """However the statement is executed, in a transaction or alone: never as a fault of whoever asked."""
    query = "SELECT pg_terminate_backend(pg_backend_pid())"
    for connection in (database.single, database.write):
        with pytest.raises(Unsettled), connection() as conn:
            ask(conn, query) if direct else conn.execute(text(query))
        with connection() as conn:
            assert ask(conn, "SELECT 1") == [(1,)]
