"""Of which incidents an event waits: when the first of those that wait was typed in (0: none waits)."""

from __future__ import annotations

import json
from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    conn = op.get_bind()
    op.add_column("incident", sa.Column("waiting", sa.BigInteger(), server_default="0", nullable=False))
    told = conn.execute(sa.text("SELECT id, story FROM incident WHERE story LIKE '%\"waiting\":%'")).all()
    put = sa.text("UPDATE incident SET waiting = :waiting WHERE id = :id")
    for id_, story in told:
        conn.execute(put, {"id": id_, "waiting": _since(json.loads(story).get("waiting", ()))})
    waits = sa.text("waiting > 0")
    op.create_index(
        "ix_incident_waiting_id", "incident", ["waiting", "id"], sqlite_where=waits, postgresql_where=waits
    )
    if conn.dialect.name == "postgresql":
        op.execute("GRANT UPDATE (waiting) ON incident TO lookup_console")


def _since(steps: list[dict[str, str]]) -> int:
    typed = (datetime.fromisoformat(step["entered_at"]) for step in steps)
    return min((int(at.timestamp() * 1_000_000) for at in typed), default=0)
