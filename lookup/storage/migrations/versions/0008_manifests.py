"""Lists of a day, and the source, unit and moment by which each incident is on one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

GRANTS: dict[str, dict[str, str]] = {
    "lookup_push": {"manifest": "SELECT, INSERT, UPDATE", "manifest_part": "SELECT, INSERT"},
    "lookup_console": {"manifest": "SELECT", "manifest_part": "SELECT"},
}
# The earliest event; a projection that is told again looks at corrections too.
_FIRST = "FROM event e WHERE e.incident = incident.id ORDER BY e.at, e.source, e.id LIMIT 1"
_UNIT = {"sqlite": "json_extract(e.body, '$.unit')", "postgresql": "e.body::json ->> 'unit'"}


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    for name in ("source", "origin"):
        op.add_column("incident", sa.Column(name, sa.Text(), server_default="", nullable=False))
    op.execute(
        f"UPDATE incident SET reported = coalesce((SELECT e.at {_FIRST}), reported), "  # noqa: S608 - fixed words
        f"source = coalesce((SELECT e.source {_FIRST}), ''), "
        f"origin = coalesce((SELECT {_UNIT[dialect]} {_FIRST}), '')"
    )
    op.create_index("ix_incident_source_reported", "incident", ["source", "reported"])
    _tables()
    if dialect == "postgresql":
        op.execute("GRANT UPDATE (reported, origin, source) ON incident TO lookup_console")
        for role, tables in GRANTS.items():
            for table, rights in tables.items():
                op.execute(f"GRANT {rights} ON {table} TO {role}")
        op.execute("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO lookup_push")


def _tables() -> None:
    op.create_table(
        "manifest",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("completed", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_manifest"),
        sa.UniqueConstraint("source", "name", name="uq_manifest_source_name"),
    )
    op.create_index("ix_manifest_source_day_unit", "manifest", ["source", "day", "unit"])
    op.create_table(
        "manifest_part",
        sa.Column("manifest", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("numbers", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["manifest"], ["manifest.id"], name="fk_manifest_part_manifest"),
        sa.PrimaryKeyConstraint("manifest", "part", name="pk_manifest_part"),
    )
