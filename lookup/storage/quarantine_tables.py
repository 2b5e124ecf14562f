"""The table of refused events; see `tables`."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, Text, UniqueConstraint

from lookup.storage.oversight_tables import metadata
from lookup.storage.tables import Identity

__all__ = ["metadata", "quarantine"]

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", Identity, primary_key=True, autoincrement=True),
    Column("client", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("received", BigInteger, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("problem", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("settled", Text, nullable=False, server_default=""),
    Column("sequence", BigInteger),
    Column("state", Text, nullable=False, server_default="open"),
    Column("rule", Text, nullable=False, server_default=""),
    Column("unit", Text, nullable=False, server_default=""),
    Column("judged", BigInteger, nullable=False, server_default="0"),
    Column("ended", BigInteger),
    Column("reason", Text, nullable=False, server_default=""),
    UniqueConstraint("source", "event", "digest"),
    Index(None, "client", "received"),
    Index(None, "source", "sequence"),
    Index(None, "client", "state", "id"),
    Index(None, "state", "client", "rule"),
)
