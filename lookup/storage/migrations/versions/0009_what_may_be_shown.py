"""What may be shown of an incident, told beforehand for each tier, and until when that holds (0: not told yet)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    for tier in ("shown_t1", "shown_t2"):
        op.add_column("incident", sa.Column(tier, sa.Text(), server_default="", nullable=False))
    op.add_column("incident", sa.Column("shown_until", sa.BigInteger(), server_default="0", nullable=False))
    op.create_index("ix_incident_shown_until", "incident", ["shown_until"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute("GRANT UPDATE (shown_until) ON incident TO lookup_console")
