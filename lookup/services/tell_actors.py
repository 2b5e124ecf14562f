"""Saying who an entry's actor token stands for, as far as a supervisor may know: never which citizen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lookup.ledger.entry import ACTION_NAMES, Row
from lookup.services.actors import client_token, holder_tokens
from lookup.storage import actors
from lookup.storage.database import Transaction


@dataclass(frozen=True, slots=True)
class Who:
    """`kind` is staff, client, operator, system, holder (of a reference) or stranger; `name` where there is one."""

    kind: str
    name: str | None = None


def tell(conn: Transaction, pepper: bytes, rows: Sequence[Row]) -> dict[tuple[int, int], Who]:
    """Return who acted in each entry, by its place."""
    people = actors.staff_names(conn, {row.actor for row in rows})
    systems = {client_token(pepper, id_): name for id_, name in actors.client_names(conn).items()}
    return {(row.writer, row.seq): _who(pepper, row, people, systems) for row in rows}


def _who(pepper: bytes, row: Row, people: dict[bytes, str], systems: dict[bytes, str]) -> Who:
    if row.actor in people:
        return Who("staff", people[row.actor])
    if row.actor in systems:
        return Who("client", systems[row.actor])
    action = ACTION_NAMES.get(row.action, "?")
    family = "admin" if action in ("push.quarantine", "sys.acknowledge") else action.partition(".")[0]
    if family == "lookup":
        return Who("holder" if row.report and row.actor in holder_tokens(pepper, row.report) else "stranger")
    return Who({"sys": "system", "admin": "operator"}.get(family, "stranger"))
