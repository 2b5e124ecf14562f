"""What sources declare of their sequences: numbers that were never used. Only ever inserted into."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "sequence_unused",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("declared", sa.BigInteger(), nullable=False),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sequence_unused"),
        sa.UniqueConstraint("source", "first", name="uq_sequence_unused_source_first"),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("GRANT SELECT, INSERT ON sequence_unused TO lookup_push")
        op.execute("GRANT SELECT ON sequence_unused TO lookup_console, lookup_worker")
        op.execute("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO lookup_push")
