"""The tables of the service as SQLAlchemy Core metadata; the migrations build exactly this and a test says so.

Times are integer microseconds since the epoch (UTC), because they enter hashes and must round-trip on both
databases. More are in staff_tables and ledger_tables. Tables named `audit_*` are the ledger: only ever inserted into.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    literal_column,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Identity = BigInteger().with_variant(Integer, "sqlite")
ABOUT = literal_column("substr(report, 1, 3)", LargeBinary)
COARSE = literal_column("(ts >> 22)::integer", Integer)
"""What PostgreSQL's index of entries by report holds: the token's first bytes and the time, a third of both.

Few reports share three bytes, and the search looks at the rows. With the time, in units of 2^22 µs (four seconds), the
newest entries of a report that has very many are found without reading them all. Times are below 2^53, so it fits.
"""

unit = Table(
    "unit",
    metadata,
    Column("code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("phone", Text, nullable=False),
    Column("address", Text, nullable=False, server_default=""),
)

client = Table(
    "client",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("units", Text, nullable=False),
    Column("kinds", Text, nullable=False, server_default="[]"),
    Column("created", BigInteger, nullable=False),
    Column("expires", BigInteger),
    Column("suspended", Boolean, nullable=False, server_default="0"),
    Column("source", Text, nullable=False, server_default=""),
    Index(None, "source", unique=True),
)

client_key = Table(
    "client_key",
    metadata,
    Column("id", Text, primary_key=True),
    Column("client", Text, ForeignKey("client.id"), nullable=False),
    Column("algorithm", Text, nullable=False),
    Column("material", LargeBinary, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("expires", BigInteger),
    Column("revoked", Boolean, nullable=False, server_default="0"),
    Index(None, "client"),
)

push_nonce = Table(
    "push_nonce",
    metadata,
    Column("key", Text, nullable=False),
    Column("nonce", Text, nullable=False),
    Column("expires", BigInteger, nullable=False, index=True),
    PrimaryKeyConstraint("key", "nonce"),
)

incident = Table(
    "incident",
    metadata,
    Column("id", Identity, primary_key=True, autoincrement=True),
    Column("number", Text, nullable=False, unique=True),
    Column("token", LargeBinary, nullable=False, unique=True),
    Column("generation", Integer, nullable=False, server_default="1"),
    Column("unit", Text, nullable=False),
    Column("reported", BigInteger, nullable=False),
    Column("updated", BigInteger, nullable=False),
    Column("rules", Text, nullable=False, server_default=""),
    Column("story", Text, nullable=False, server_default=""),
    Column("withheld", Boolean, nullable=False, server_default="0"),
    Column("sealed", LargeBinary),
    Column("reporter_since", BigInteger, nullable=False, server_default="0"),
    Column("victim_since", BigInteger, nullable=False, server_default="0"),
    Column("complainant_since", BigInteger, nullable=False, server_default="0"),
    Column("source", Text, nullable=False, server_default=""),
    Column("origin", Text, nullable=False, server_default=""),
    Column("shown_t1", Text, nullable=False, server_default=""),
    Column("shown_t2", Text, nullable=False, server_default=""),
    Column("shown_until", BigInteger, nullable=False, server_default="0"),
    Column("waiting", BigInteger, nullable=False, server_default="0"),
    Index(None, "source", "reported"),
    Index(None, "shown_until"),
    Index(None, "waiting", "id", sqlite_where=text("waiting > 0"), postgresql_where=text("waiting > 0")),
)

second_fact = Table(
    "second_fact",
    metadata,
    Column("incident", Identity, ForeignKey("incident.id"), nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("role", SmallInteger, nullable=False, server_default="0"),
    Column("told", BigInteger, nullable=False, server_default="0"),
    PrimaryKeyConstraint("incident", "kind", "digest", "role", "told"),
)

event = Table(
    "event",
    metadata,
    Column("source", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("incident", Identity, ForeignKey("incident.id"), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("received", BigInteger, nullable=False),
    Column("client", Text, nullable=False),
    Column("sequence", BigInteger),
    Column("digest", LargeBinary, nullable=False),
    Column("body", Text, nullable=False),
    Column("answer", Text, nullable=False),
    PrimaryKeyConstraint("source", "id"),
    Index(None, "incident", "at"),
    Index(None, "source", "sequence"),
)

budget = Table(
    "budget",
    metadata,
    Column("key", Text, nullable=False),
    Column("window", BigInteger, nullable=False),
    Column("count", Integer, nullable=False),
    Column("expires", BigInteger, nullable=False, index=True),
    PrimaryKeyConstraint("key", "window"),
)

spent = Table(
    "spent",
    metadata,
    Column("id", LargeBinary, primary_key=True),
    Column("expires", BigInteger, nullable=False, index=True),
)

audit_writer = Table(
    "audit_writer",
    metadata,
    Column("id", Identity, primary_key=True, autoincrement=True),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started", BigInteger, nullable=False),
    Column("boot", LargeBinary, nullable=False),
    Column("mac_epoch", Integer, nullable=False),
    Column("kind", SmallInteger, nullable=False),
    sqlite_autoincrement=True,
)

audit_entry = Table(
    "audit_entry",
    metadata,
    # Asked for as 64 bits, kept in 32 on PostgreSQL: eight bytes less in every entry, and nine in its key.
    Column("writer", BigInteger, nullable=False, info={"postgresql": Integer}),
    Column("seq", BigInteger, nullable=False, info={"postgresql": Integer}),
    Column("ts", BigInteger, nullable=False),
    Column("action", SmallInteger, nullable=False),
    Column("outcome", SmallInteger, nullable=False),
    Column("actor", LargeBinary, nullable=False),
    Column("report", LargeBinary),
    Column("net", Text),
    Column("detail", Text),
    Column("salt", LargeBinary),
    Column("commitment", LargeBinary),
    Column("mac", LargeBinary),
    PrimaryKeyConstraint("writer", "seq"),
    CheckConstraint("(salt IS NULL) <> (commitment IS NULL)", name="erased"),
    Index(None, "ts", info={"only": "sqlite"}),
    Index(None, "report", "ts", info={"only": "sqlite"}),
    # Sorted unlike the other indexes, so that PostgreSQL can not take it for a walk that one of them serves: it
    # believes that what it looks for is spread evenly over all times, and would read the whole ledger for a rare one.
    Index("ix_audit_entry_time", literal_column("ts NULLS FIRST"), info={"only": "postgresql"}),
    Index(
        "ix_audit_entry_about",
        ABOUT,
        COARSE,
        info={"only": "postgresql"},
        postgresql_where=text("report IS NOT NULL"),
    ),
    Index(None, "actor", "ts"),
    Index(None, "action", "outcome", "ts"),
    sqlite_with_rowid=False,
)

audit_run = Table(
    "audit_run",
    metadata,
    Column("first_idx", BigInteger, primary_key=True, autoincrement=False),
    Column("writer", BigInteger, nullable=False),
    Column("first_seq", BigInteger, nullable=False),
    Column("n", Integer, nullable=False),
    UniqueConstraint("writer", "first_seq"),
)

audit_tile = Table(
    "audit_tile",
    metadata,
    Column("level", SmallInteger, nullable=False),
    Column("n", BigInteger, nullable=False),
    Column("hashes", LargeBinary, nullable=False),
    Column("root", LargeBinary, nullable=False),
    PrimaryKeyConstraint("level", "n"),
)

audit_checkpoint = Table(
    "audit_checkpoint",
    metadata,
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("prev", BigInteger, nullable=False, unique=True),
    Column("root", LargeBinary, nullable=False),
    Column("ts", BigInteger, nullable=False),
    Column("note", Text, nullable=False),
)
