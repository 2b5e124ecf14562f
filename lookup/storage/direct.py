"""Statements on the driver's own connection, in the transaction that SQLAlchemy holds there.

For the few statements that every push or every receipt executes: written once as text, they cost half or less of what
SQLAlchemy's execution of the same statement does. What goes wrong is raised as SQLAlchemy would raise it.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache
from typing import Any

import psycopg
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

_NAME = re.compile(r"(IN )?:(\w+)")
_AT_ONCE = 100
"""Rows of one statement: databases take some ten thousand values."""
_HOW: Mapping[str, Mapping[str, bool]] = {"postgresql": {"binary": True}, "sqlite": {}}
"""PostgreSQL would send bytes as hexadecimal text."""
_ERRORS: Mapping[str, type[Exception]] = {"postgresql": psycopg.Error, "sqlite": sqlite3.Error}


def ask(conn: Connection, statement: str, /, **values: Any) -> list[tuple[Any, ...]]:
    """Execute `statement` and return its rows; a name is written `:name`, one of a list `IN :name` (never empty).

    `FOR UPDATE` is for PostgreSQL only: whoever writes to SQLite is alone anyway.
    Values are the driver's: SQLite tells a Boolean as 0 or 1.
    """
    lengths = tuple((name, len(value)) for name, value in values.items() if isinstance(value, list))
    for name, _ in lengths:
        values |= {f"{name}_{place}": each for place, each in enumerate(values.pop(name))}
    with driven(conn) as driver:
        text = _text(statement, conn.dialect.name, lengths)
        found: list[tuple[Any, ...]] = driver.execute(text, values, **_HOW[conn.dialect.name]).fetchall()
    return found


def put(
    conn: Connection, table: str, rows: Sequence[Mapping[str, Any]], tail: str = ""
) -> list[tuple[Any, ...]]:
    """Insert `rows`, all of the same columns in any order, and return what `tail` asks for."""
    found: list[tuple[Any, ...]] = []
    with driven(conn) as driver:
        for first in range(0, len(rows), _AT_ONCE):
            some = rows[first : first + _AT_ONCE]
            names = tuple(some[0])
            text = _insert(table, names, len(some), conn.dialect.name) + tail
            cursor = driver.execute(text, [row[name] for row in some for name in names])
            found += cursor if "RETURNING" in tail else ()
    return found


@contextmanager
def driven(conn: Connection) -> Iterator[Any]:
    """Yield the driver's connection in the running transaction; its errors are raised as SQLAlchemy's."""
    if not conn.in_transaction():
        conn.begin()
    errors = _ERRORS[conn.dialect.name]
    try:
        yield conn.connection.driver_connection
    except errors as fault:
        raise DBAPIError.instance("", None, fault, errors, hide_parameters=True) from fault


@lru_cache(512)
def _text(statement: str, dialect: str, lengths: tuple[tuple[str, int], ...]) -> str:
    """Write out each list, and names as the driver wants them."""
    many = dict(lengths)

    def written(found: re.Match[str]) -> str:
        head, name = found.groups()
        if head:
            return "IN (" + ", ".join(one(f"{name}_{place}") for place in range(many[name])) + ")"
        return one(name)

    def one(name: str) -> str:
        return f"%({name})s" if dialect == "postgresql" else f":{name}"

    text = _NAME.sub(written, statement)
    return text if dialect == "postgresql" else text.replace(" FOR UPDATE", "")


@cache
def _insert(table: str, names: tuple[str, ...], count: int, dialect: str) -> str:
    place = "%s" if dialect == "postgresql" else "?"
    row = f"({', '.join([place] * len(names))})"
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES {', '.join([row] * count)}"  # noqa: S608 - no input
