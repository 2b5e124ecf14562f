"""A push client speaks under one source URI of its own; the push role may count floods of refused attempts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("client", sa.Column("source", sa.Text(), server_default="", nullable=False))
    op.execute("UPDATE client SET source = 'urn:lookup:client:' || id")
    op.create_index("ix_client_source", "client", ["source"], unique=True)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("GRANT SELECT, INSERT, UPDATE ON budget TO lookup_push")
