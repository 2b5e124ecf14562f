"""Telling what an operator can mend about a failing database from a fault of the program."""

from __future__ import annotations

from sqlalchemy.exc import DatabaseError, OperationalError

_ABSENT = ("42P01", "42703", "no such table", "no such column", "has no column named")
"""How the drivers say that a table or a column is not there: PostgreSQL by its codes, SQLite in words."""


def ailment(fault: Exception) -> str | None:
    """Return what an operator can mend about a failure: `schema`, `rights` or `silent`; None for a fault of ours.

    `schema`: a table or a column is missing; `rights`: the database user may not do this; `silent`: the database does
    not answer, or is none.
    """
    if not isinstance(fault, DatabaseError):
        return None
    code = getattr(fault.orig, "sqlstate", None) or str(fault.orig)
    if any(word in code for word in _ABSENT):
        return "schema"
    if code == "42501":
        return "rights"
    return "silent" if type(fault) in (OperationalError, DatabaseError) else None
