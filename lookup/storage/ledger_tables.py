"""The younger tables of the ledger: cosignatures, alarms, archive segments, pruning. Only ever inserted into.

`metadata` from here knows every table of the service.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, LargeBinary, PrimaryKeyConstraint, Table, Text

from lookup.storage.quarantine_tables import metadata

__all__ = ["audit_alarm", "audit_cosig", "audit_pruned", "audit_segment", "metadata"]

audit_cosig = Table(
    "audit_cosig",
    metadata,
    Column("size", BigInteger, nullable=False),
    Column("witness", Text, nullable=False),
    Column("ts", BigInteger, nullable=False),
    Column("line", Text, nullable=False),
    PrimaryKeyConstraint("size", "witness"),
)

audit_alarm = Table(
    "audit_alarm",
    metadata,
    Column("writer", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("expected", BigInteger, nullable=False),
    Column("found", BigInteger, nullable=False),
    Column("ts", BigInteger, nullable=False),
)

audit_segment = Table(
    "audit_segment",
    metadata,
    Column("lo", BigInteger, primary_key=True, autoincrement=False),
    Column("hi", BigInteger, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("manifest", LargeBinary, nullable=False),
    Column("location", Text, nullable=False),
    Column("sealed", BigInteger, nullable=False),
)

audit_pruned = Table(
    "audit_pruned",
    metadata,
    Column("below", BigInteger, primary_key=True, autoincrement=False),
    Column("ts", BigInteger, nullable=False),
)
