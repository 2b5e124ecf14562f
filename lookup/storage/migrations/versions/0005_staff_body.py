"""A staff account belongs to a body, which citizens see beside its looks, and may be allowed to look covertly."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("staff", sa.Column("body", sa.Text(), server_default="", nullable=False))
    op.add_column("staff", sa.Column("covert", sa.Boolean(), server_default="0", nullable=False))
