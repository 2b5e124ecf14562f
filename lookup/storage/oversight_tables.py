"""Tables that make omission visible: which numbers of a source's sequence are missing."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, PrimaryKeyConstraint, Table, Text

from lookup.storage.staff_tables import metadata

__all__ = ["metadata", "sequence_gap", "sequence_track"]

sequence_track = Table(
    "sequence_track",
    metadata,
    Column("source", Text, primary_key=True),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("begun", BigInteger, nullable=False),
)

sequence_gap = Table(
    "sequence_gap",
    metadata,
    Column("source", Text, nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("since", BigInteger, nullable=False),
    PrimaryKeyConstraint("source", "first"),
)
