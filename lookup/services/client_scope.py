"""What a push client may speak for: a scope anew, or an amendment that leaves what it does not name."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lookup.domain.events import Kind
from lookup.storage.clients import ClientRow

NEVER = 0
"""In an amendment: the registration does not end."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing was changed: a rule code and a sentence for the operator that repeats no secret."""

    rule: str
    text: str


@dataclass(frozen=True, slots=True)
class Scope:
    """What a client may speak for: unit-code prefixes (at least one), event kinds (none: all), until when (µs)."""

    units: tuple[str, ...]
    kinds: tuple[str, ...] = ()
    expires: int | None = None


@dataclass(frozen=True, slots=True)
class Amendment:
    """What becomes of a scope; None leaves what is there. `kinds` () allows all, `expires` NEVER is no end."""

    units: tuple[str, ...] | None = None
    kinds: tuple[str, ...] | None = None
    expires: int | None = None


def amended(row: ClientRow, by: Scope | Amendment) -> ClientRow:
    """Return a client with another scope, each unit and kind once; a whole `Scope` leaves nothing of the one before."""
    units = row.units if by.units is None else tuple(dict.fromkeys(by.units))
    kinds = row.kinds if by.kinds is None else tuple(dict.fromkeys(by.kinds))
    if isinstance(by, Scope):
        return row._replace(units=units, kinds=kinds, expires=by.expires)
    expires = row.expires if by.expires is None else by.expires or None
    return row._replace(units=units, kinds=kinds, expires=expires)


def unfit(scope: Scope | Amendment) -> Refusal | None:
    """Refuse units that are no codes and kinds that there are not."""
    units = scope.units
    if units is not None and not (units and all(re.fullmatch(r"[0-9]{2,12}", unit) for unit in units)):
        return Refusal("units", "Name at least one unit code or its first 2 to 12 digits.")
    if not set(scope.kinds or ()) <= {kind.value for kind in Kind}:
        return Refusal("kinds", f"Event kinds are: {', '.join(kind.value for kind in Kind)}.")
    return None


def scope_told(row: ClientRow, before: ClientRow | None = None) -> dict[str, str | int]:
    """Return a client's scope for its entry, by codes and times (µs); with `before` only what changed, both ways."""
    was, now = {} if before is None else _codes(before), _codes(row)
    changed = [name for name, value in now.items() if was.get(name) != value]
    found: dict[str, str | int] = {f"{name}_before": was[name] for name in changed if name in was}
    return found | {f"{name}_now": now[name] for name in changed}


def _codes(row: ClientRow) -> dict[str, str | int]:
    expires: str | int = "never" if row.expires is None else row.expires
    return {"units": ",".join(row.units), "kinds": ",".join(row.kinds) or "all", "expires": expires}
