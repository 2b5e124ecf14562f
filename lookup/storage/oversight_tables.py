"""Tables that make omission visible: gaps in the sources' sequences, what of them was declared, lists of each day."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from lookup.storage.staff_tables import metadata
from lookup.storage.tables import Identity

__all__ = ["manifest", "manifest_part", "metadata", "sequence_gap", "sequence_track", "sequence_unused"]

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

sequence_unused = Table(
    "sequence_unused",
    metadata,
    Column("id", Identity, primary_key=True, autoincrement=True),
    Column("client", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("declared", BigInteger, nullable=False),
    Column("entry", Text, nullable=False),
    UniqueConstraint("source", "first"),
)

manifest = Table(
    "manifest",
    metadata,
    Column("id", Identity, primary_key=True, autoincrement=True),
    Column("client", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("day", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("parts", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("hash", Text, nullable=False),
    Column("received", BigInteger, nullable=False),
    Column("completed", BigInteger),
    UniqueConstraint("source", "name"),
    Index(None, "source", "day", "unit"),
)

manifest_part = Table(
    "manifest_part",
    metadata,
    Column("manifest", Identity, ForeignKey("manifest.id"), nullable=False),
    Column("part", Integer, nullable=False),
    Column("received", BigInteger, nullable=False),
    Column("numbers", Text, nullable=False),
    PrimaryKeyConstraint("manifest", "part"),
)
