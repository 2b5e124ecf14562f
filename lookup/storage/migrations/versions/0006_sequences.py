"""Which numbers of each source's sequence are missing; refused events keep the number they carried."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

GRANTS: dict[str, dict[str, str]] = {
    "lookup_push": {"sequence_track": "SELECT", "sequence_gap": "SELECT"},
    "lookup_console": {"sequence_track": "SELECT", "sequence_gap": "SELECT"},
    "lookup_worker": {
        "client": "SELECT",
        "sequence_track": "SELECT, INSERT, UPDATE",
        "sequence_gap": "SELECT, INSERT, DELETE",
    },
}


def upgrade() -> None:
    op.add_column("quarantine", sa.Column("sequence", sa.BigInteger()))
    op.create_index("ix_quarantine_source_sequence", "quarantine", ["source", "sequence"])
    op.create_table(
        "sequence_track",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("begun", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source", name="pk_sequence_track"),
    )
    op.create_table(
        "sequence_gap",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source", "first", name="pk_sequence_gap"),
    )
    if op.get_bind().dialect.name == "postgresql":
        for role, tables in GRANTS.items():
            for table, rights in tables.items():
                op.execute(f"GRANT {rights} ON {table} TO {role}")
