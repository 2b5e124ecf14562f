"""Ledger entries take less room on PostgreSQL, and no search can be planned as a walk along all times.

Rewrites `audit_entry` and its indexes there; the rows themselves do not change, nor does anything on SQLite.
"""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        return
    for name in ("ix_audit_entry_ts", "ix_audit_entry_report_ts"):
        op.drop_index(name)
    op.execute("ALTER TABLE audit_entry ALTER writer TYPE integer, ALTER seq TYPE integer")
    op.execute("CREATE INDEX ix_audit_entry_time ON audit_entry (ts NULLS FIRST)")
    op.execute(
        "CREATE INDEX ix_audit_entry_about ON audit_entry (substr(report, 1, 3), ((ts >> 22)::integer)) "
        "WHERE report IS NOT NULL"
    )
    op.execute("ANALYZE audit_entry")
