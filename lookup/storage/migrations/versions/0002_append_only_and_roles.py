"""Append-only ledger and events, and one PostgreSQL role per surface with no right it does not need."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"

APPEND_ONLY = ("audit_writer", "audit_entry", "audit_run", "audit_tile", "audit_checkpoint", "event")

LEDGER_WRITER = {"audit_writer": "SELECT, INSERT", "audit_entry": "INSERT"}

GRANTS: dict[str, dict[str, str]] = {
    "lookup_citizen": LEDGER_WRITER
    | {
        "unit": "SELECT",
        "incident": "SELECT",
        "event": "SELECT",
        "second_fact": "SELECT",
        "budget": "SELECT, INSERT, UPDATE",
        "spent": "SELECT, INSERT",
    },
    "lookup_push": LEDGER_WRITER
    | {
        "unit": "SELECT",
        "client": "SELECT",
        "client_key": "SELECT",
        "push_nonce": "SELECT, INSERT",
        "incident": "SELECT, INSERT, UPDATE",
        "event": "SELECT, INSERT",
        "second_fact": "SELECT, INSERT",
        "quarantine": "SELECT, INSERT, UPDATE",
    },
    "lookup_console": LEDGER_WRITER
    | {
        "audit_entry": "SELECT, INSERT",
        "audit_checkpoint": "SELECT",
        "audit_run": "SELECT",
        "unit": "SELECT",
        "client": "SELECT",
        "incident": "SELECT",
        "event": "SELECT",
        "quarantine": "SELECT",
        "budget": "SELECT, INSERT, UPDATE",
        "spent": "SELECT, INSERT",
        "staff": "SELECT",
        "staff_session": "SELECT, INSERT, UPDATE, DELETE",
    },
    "lookup_worker": LEDGER_WRITER
    | {
        "audit_entry": "SELECT, INSERT",
        "audit_run": "SELECT, INSERT",
        "audit_tile": "SELECT, INSERT",
        "audit_checkpoint": "SELECT, INSERT",
        "incident": "SELECT, UPDATE",
        "event": "SELECT",
        "unit": "SELECT",
        "quarantine": "SELECT",
        "budget": "SELECT, DELETE",
        "spent": "SELECT, DELETE",
        "push_nonce": "SELECT, DELETE",
        "staff_session": "SELECT, DELETE",
    },
}
TOTP_COLUMNS = "totp_step"


def upgrade() -> None:
    """Add the seat belts; a superuser can take them off, which is what the Merkle tree is for."""
    if op.get_bind().dialect.name == "sqlite":
        _sqlite_triggers()
    else:
        _postgresql_triggers()
        _postgresql_roles()


def _sqlite_triggers() -> None:
    for table in APPEND_ONLY:
        for action in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )


def _postgresql_triggers() -> None:
    op.execute(
        "CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
        )


def _postgresql_roles() -> None:
    for role, tables in GRANTS.items():
        op.execute(
            f"DO $$ BEGIN CREATE ROLE {role} NOLOGIN; "
            "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        )
        for table, rights in tables.items():
            op.execute(f"GRANT {rights} ON {table} TO {role}")
        op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}")
        op.execute(f"GRANT SELECT ON alembic_version TO {role}")
    op.execute(f"GRANT UPDATE ({TOTP_COLUMNS}) ON staff TO lookup_console")
