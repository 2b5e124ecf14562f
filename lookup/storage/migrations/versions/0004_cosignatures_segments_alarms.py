"""Cosignatures, alarms, archive segments, pruning; the seat belts let exactly the acts of retention through."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

APPEND_ONLY = ("audit_alarm", "audit_cosig", "audit_segment", "audit_pruned")
READ = "SELECT"

GRANTS: dict[str, dict[str, str]] = {
    "lookup_citizen": {
        "audit_entry": "SELECT, INSERT",
        "audit_run": READ,
        "audit_tile": READ,
        "audit_checkpoint": READ,
        "audit_cosig": READ,
        "audit_segment": READ,
        "audit_pruned": READ,
        "audit_alarm": READ,
    },
    "lookup_push": {"audit_alarm": READ},
    "lookup_console": {
        "audit_tile": READ,
        "audit_cosig": READ,
        "audit_segment": READ,
        "audit_pruned": READ,
        "audit_alarm": READ,
    },
    "lookup_worker": {
        "audit_cosig": "SELECT, INSERT",
        "audit_alarm": "SELECT, INSERT",
        "audit_segment": READ,
        "audit_pruned": READ,
    },
    "lookup_retention": {
        "audit_writer": "SELECT, INSERT",
        "audit_entry": "SELECT, INSERT, DELETE",
        "audit_run": READ,
        "audit_tile": "SELECT, DELETE",
        "audit_checkpoint": READ,
        "audit_cosig": READ,
        "audit_alarm": READ,
        "audit_segment": "SELECT, INSERT",
        "audit_pruned": "SELECT, INSERT",
        "alembic_version": READ,
    },
}
ERASABLE = "net, detail, salt, commitment"
KEPT = ("writer", "seq", "ts", "action", "outcome", "actor", "report", "mac")

# `==` stands for the null-safe comparison of the dialect.
ERASED = " AND ".join(
    [
        "OLD.salt IS NOT NULL AND OLD.action < 80 AND NEW.salt IS NULL AND NEW.net IS NULL AND NEW.detail IS NULL",
        "length(NEW.commitment) = 32",
        *(f"NEW.{column} == OLD.{column}" for column in KEPT),
    ]
)
_BELOW = "(SELECT coalesce(max(below), 0) FROM audit_pruned)"
PRUNED_ENTRY = (
    "EXISTS (SELECT 1 FROM audit_run r WHERE r.writer = OLD.writer AND r.first_seq <= OLD.seq "  # noqa: S608
    f"AND OLD.seq < r.first_seq + r.n AND r.first_idx + OLD.seq - r.first_seq < {_BELOW})"
)
PRUNED_TILE = f"OLD.level = 0 AND (OLD.n + 1) * 256 <= {_BELOW}"
NEXT_SEGMENT = (
    "NEW.lo = (SELECT coalesce(max(hi), 0) FROM audit_segment) AND NEW.hi > NEW.lo AND NEW.hi % 65536 = 0"
)
ARCHIVED = (
    "NEW.below <= (SELECT coalesce(max(hi), 0) FROM audit_segment) "  # noqa: S608 - fixed words
    f"AND NEW.below % 65536 = 0 AND NEW.below > {_BELOW}"
)
RULES = (
    ("audit_entry", "UPDATE", ERASED),
    ("audit_entry", "DELETE", PRUNED_ENTRY),
    ("audit_tile", "UPDATE", "1 = 0"),
    ("audit_tile", "DELETE", PRUNED_TILE),
    ("audit_segment", "INSERT", NEXT_SEGMENT),
    ("audit_pruned", "INSERT", ARCHIVED),
)


def upgrade() -> None:
    _tables()
    if op.get_bind().dialect.name == "sqlite":
        _sqlite()
    else:
        _postgresql()
        _grants()


def _tables() -> None:
    op.create_table(
        "audit_cosig",
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("witness", sa.Text(), nullable=False),
        sa.Column("ts", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("size", "witness", name="pk_audit_cosig"),
    )
    op.create_table(
        "audit_alarm",
        sa.Column("writer", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("expected", sa.BigInteger(), nullable=False),
        sa.Column("found", sa.BigInteger(), nullable=False),
        sa.Column("ts", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("writer", name="pk_audit_alarm"),
    )
    op.create_table(
        "audit_segment",
        sa.Column("lo", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hi", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("manifest", sa.LargeBinary(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("sealed", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("lo", name="pk_audit_segment"),
    )
    op.create_table(
        "audit_pruned",
        sa.Column("below", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ts", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("below", name="pk_audit_pruned"),
    )


def _sqlite() -> None:
    for table in APPEND_ONLY:
        for action in ("UPDATE", "DELETE"):
            _sqlite_trigger(table, action, "")
    for table, action, allowed in RULES:
        op.execute(f"DROP TRIGGER IF EXISTS {table}_no_{action.lower()}")
        _sqlite_trigger(table, action, f"WHEN NOT ({allowed.replace('==', 'IS')}) ")


def _sqlite_trigger(table: str, action: str, when: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action} ON {table} {when}"
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    )


def _postgresql() -> None:
    for table in APPEND_ONLY:
        _append_only(table, "UPDATE OR DELETE OR TRUNCATE")
    for table in ("audit_entry", "audit_tile"):
        op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
        _append_only(table, "TRUNCATE")
    for table, action, allowed in RULES:
        name = f"{table}_{action.lower()}"
        kept = "OLD" if action == "DELETE" else "NEW"
        rule = allowed.replace("==", "IS NOT DISTINCT FROM")
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF NOT coalesce({rule}, false) THEN RAISE EXCEPTION '{table} is append-only'; END IF; "
            f"RETURN {kept}; END $$"
        )
        op.execute(f"CREATE TRIGGER {name} BEFORE {action} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")


def _append_only(table: str, actions: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE {actions} ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
    )


def _grants() -> None:
    op.execute(
        "DO $$ BEGIN CREATE ROLE lookup_retention NOLOGIN; "
        "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    )
    for role, tables in GRANTS.items():
        for table, rights in tables.items():
            op.execute(f"GRANT {rights} ON {table} TO {role}")
    op.execute(f"GRANT UPDATE ({ERASABLE}) ON audit_entry TO lookup_retention")
    op.execute("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO lookup_retention")
