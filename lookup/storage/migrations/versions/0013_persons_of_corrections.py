"""Second facts know who told them when, and incidents since when persons of each role count.

Of what was told before, neither the moment nor the role is known: a phone is taken for the reporter's, an identity for
a victim's, told before any correction.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
SINCE = ("reporter_since", "victim_since", "complainant_since")
KEY = ("incident", "kind", "digest", "role", "told")


def upgrade() -> None:
    for name in SINCE:
        op.add_column("incident", sa.Column(name, sa.BigInteger(), server_default="0", nullable=False))
    if op.get_bind().dialect.name == "postgresql":
        for column in told():
            op.add_column("second_fact", column)
        op.execute("UPDATE second_fact SET role = kind")
        op.drop_constraint("pk_second_fact", "second_fact")
        op.create_primary_key("pk_second_fact", "second_fact", list(KEY))
        op.execute(f"GRANT UPDATE ({', '.join(SINCE)}) ON incident TO lookup_console")
        return
    op.rename_table("second_fact", "second_fact_of_before")
    op.create_table(
        "second_fact",
        sa.Column("incident", sa.Integer(), nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        *told(),
        sa.ForeignKeyConstraint(["incident"], ["incident.id"], name="fk_second_fact_incident"),
        sa.PrimaryKeyConstraint(*KEY, name="pk_second_fact"),
    )
    op.execute("INSERT INTO second_fact SELECT incident, kind, digest, kind, 0 FROM second_fact_of_before")
    op.drop_table("second_fact_of_before")


def told() -> list[sa.Column[int]]:
    return [
        sa.Column("role", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("told", sa.BigInteger(), server_default="0", nullable=False),
    ]
