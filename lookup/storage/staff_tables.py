"""Tables of the console's accounts and their sessions."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, LargeBinary, Table, Text

from lookup.storage.tables import metadata

__all__ = ["metadata", "staff", "staff_session"]

staff = Table(
    "staff",
    metadata,
    Column("id", LargeBinary, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("role", Text, nullable=False),
    Column("jurisdiction", Text, nullable=False),
    Column("password", Text, nullable=False),
    Column("totp", LargeBinary, nullable=False),
    Column("totp_step", BigInteger, nullable=False, server_default="0"),
    Column("created", BigInteger, nullable=False),
    Column("disabled", Boolean, nullable=False, server_default="0"),
    Column("body", Text, nullable=False, server_default=""),
    Column("covert", Boolean, nullable=False, server_default="0"),
)

staff_session = Table(
    "staff_session",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("staff", LargeBinary, ForeignKey("staff.id"), nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("seen", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False, index=True),
)
