"""Refused events get a state, and what lets them be searched; the console may replay them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

# What a replay writes, and no more: neither a generation nor the digests of second facts can be read or changed.
CONSOLE = (
    "GRANT INSERT ON incident, event, second_fact TO lookup_console",
    "GRANT UPDATE (unit, updated, rules, story, withheld, sealed) ON incident TO lookup_console",
    "GRANT UPDATE (problem, rule, judged, state, ended, settled, reason) ON quarantine TO lookup_console",
)
RULE = {"sqlite": "json_extract(problem, '$.rule')", "postgresql": "problem::json ->> 'rule'"}
# An event that was taken under the same id after this one was refused has settled it, whatever its content.
TAKEN = (
    "FROM event e WHERE e.source = quarantine.source AND e.id = quarantine.event "
    "AND e.received >= quarantine.received AND (rule <> 'event.id_reused' OR e.digest = quarantine.digest)"
)


def upgrade() -> None:
    for name in ("state", "rule", "unit", "reason"):
        default = "open" if name == "state" else ""
        op.add_column("quarantine", sa.Column(name, sa.Text(), server_default=default, nullable=False))
    op.add_column("quarantine", sa.Column("judged", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("quarantine", sa.Column("ended", sa.BigInteger(), nullable=True))
    dialect = op.get_bind().dialect.name
    op.execute(f"UPDATE quarantine SET judged = received, rule = coalesce({RULE[dialect]}, '')")  # noqa: S608
    op.execute(
        "UPDATE quarantine SET state = 'settled', settled = event, "  # noqa: S608 - no value of anybody
        f"ended = (SELECT e.received {TAKEN}) WHERE EXISTS (SELECT 1 {TAKEN})"
    )
    op.create_index("ix_quarantine_client_state_id", "quarantine", ["client", "state", "id"])
    op.create_index("ix_quarantine_state_client_rule", "quarantine", ["state", "client", "rule"])
    if dialect == "postgresql":
        for grant in CONSOLE:
            op.execute(grant)
