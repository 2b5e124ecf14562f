"""Importing police units (单位) from a JSON file; the whole file or nothing, and an entry `admin.unit` of it."""

from __future__ import annotations

import json
from dataclasses import fields

from lookup.domain.faults import Fault
from lookup.domain.numbers import unit_code
from lookup.services.actors import operator_token
from lookup.services.contexts import ConsoleContext
from lookup.storage import units
from lookup.storage.lanes import Draft, append
from lookup.storage.units import Unit

_REQUIRED = ("code", "name", "name_en", "phone")
_ALLOWED = {each.name for each in fields(Unit)}


class UnitFileError(ValueError):
    """The file can not be imported; `problems` says, one line each, where and why."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def parse(text: str) -> list[Unit]:
    """Return the units of a JSON array of objects with code, name, name_en, phone and, if known, address.

    Raises UnitFileError naming every fault by its position.
    """
    try:
        rows = json.loads(text)
    except ValueError:
        raise UnitFileError(["the file is not JSON"]) from None
    if not isinstance(rows, list):
        raise UnitFileError(["the file must hold a JSON array of units"])
    problems = [f"/{at}: {problem}" for at, row in enumerate(rows) for problem in _problems(row)]
    codes = [row["code"] for row in rows] if not problems else []
    problems += [f"/{at}/code: stands in the file twice" for at, c in enumerate(codes) if c in codes[:at]]
    if problems:
        raise UnitFileError(problems)
    return [Unit(**row) for row in rows]


def _problems(row: object) -> list[str]:
    if not isinstance(row, dict):
        return ["must be an object"]
    found = [f"{name} is missing" for name in _REQUIRED if not row.get(name)]
    found += ["has a member that no unit has" for name in row if name not in _ALLOWED]
    found += [f"{name} must be text" for name in _ALLOWED & row.keys() if not isinstance(row[name], str)]
    if not found and (code := unit_code(row["code"])) != row["code"]:
        found.append(code.text("en") if isinstance(code, Fault) else "the code must be 12 plain digits")
    return found


def import_units(context: ConsoleContext, operator: str, given: list[Unit]) -> int:
    """Insert units or replace those of the same code; returns how many were given."""
    actor = operator_token(context.settings.pepper, operator)
    with context.database.write() as conn:
        count = units.put(conn, given)
        append(conn, context.pen, Draft("admin.unit", "succeeded", actor, None, None, {"units": count}))
    return count


def all_units(context: ConsoleContext) -> dict[str, Unit]:
    """Return every unit by its code."""
    with context.database.read() as conn:
        return units.all(conn)
