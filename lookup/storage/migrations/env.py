"""Alembic's entry: runs the numbered migrations on the connection that `migrate.upgrade` hands over."""

from __future__ import annotations

from alembic import context

from lookup.storage.ledger_tables import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=False,
    transaction_per_migration=False,
)
context.run_migrations()
