"""The units that answers name, kept in memory for a minute: they change a few times a year."""

from __future__ import annotations

import time
from collections.abc import Mapping
from weakref import WeakKeyDictionary

from lookup.storage import units
from lookup.storage.database import Database
from lookup.storage.units import Unit

_FRESH_S = 60.0
_known: WeakKeyDictionary[object, tuple[float, dict[str, Unit]]] = WeakKeyDictionary()


def known_units(database: Database) -> Mapping[str, Unit]:
    """Return every unit by code, at most a minute old. Two threads may read at once; both are right."""
    known = _known.get(database.engine)
    if known is None or time.monotonic() - known[0] > _FRESH_S:
        with database.read() as conn:
            known = (time.monotonic(), units.all(conn))
        _known[database.engine] = known
    return known[1]
