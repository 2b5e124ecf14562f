"""The units (单位) that handle reports: who they are and how a citizen reaches them. Public data, kept as imported."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, select, text

from lookup.storage.tables import unit

_PUT = text(
    "INSERT INTO unit (code, name, name_en, phone, address) VALUES (:code, :name, :name_en, :phone, :address) "
    "ON CONFLICT (code) DO UPDATE SET name = excluded.name, name_en = excluded.name_en, "
    "phone = excluded.phone, address = excluded.address"
)


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit: its 12-digit code, names in both languages, the telephone and address printed for citizens."""

    code: str
    name: str
    name_en: str
    phone: str
    address: str = ""


def all(conn: Connection) -> dict[str, Unit]:
    """Return every unit by its code, in the order of the codes."""
    return {row.code: Unit(**row._mapping) for row in conn.execute(select(unit).order_by(unit.c.code))}


def put(conn: Connection, units: Iterable[Unit]) -> int:
    """Insert units, or replace those of the same code; none is ever removed. Returns how many were given."""
    rows = [asdict(each) for each in units]
    if rows:
        conn.execute(_PUT, rows)
    return len(rows)
