"""Who looked at my report (谁查看过): every attempt and every look, failures included; the look itself is an entry.

Covert looks (依法暂不告知: `covert` in the restricted part of a staff entry) are delayed and counted, never dropped.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lookup.domain.budget import network_prefix
from lookup.domain.calendar import SHANGHAI
from lookup.ledger.entry import ACTION_NAMES, OUTCOME_NAMES, Row
from lookup.services.actors import citizen_token
from lookup.services.contexts import CitizenContext
from lookup.services.open_report import Gone
from lookup.services.passes import Pass
from lookup.services.receipts import capability
from lookup.storage import entries, incidents, sequencing
from lookup.storage.entries import Filter
from lookup.storage.lanes import Draft, append, now_us

MOST = 100
_LOOKS = ("lookup.", "console.", "admin.")
_DAY_US = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Access:
    """One look. `role`: holder (with this proof), stranger, staff, administrator; `body` the staff's unit or empty.

    `index` is None while the entry waits for integration; `receipt` the path of its receipt.
    """

    at: datetime
    role: str
    body: str
    action: str
    outcome: str
    place: str
    index: int | None
    receipt: str


@dataclass(frozen=True, slots=True)
class Accesses:
    """The newest looks (at most MOST, `more` says that there are older ones), and how many are withheld for now.

    `as_of` is the size of the newest checkpoint, `entry` the entry of this look.
    """

    looks: tuple[Access, ...]
    withheld: int
    more: bool
    as_of: int
    entry: str


def list_accesses(context: CitizenContext, pass_: Pass, address: str) -> Accesses | Gone:
    """List the looks at the report of `pass_` for a browser at the IP `address`."""
    actor = citizen_token(context.settings.pepper, pass_.report, pass_.tier)
    with context.database.write() as conn:
        row = incidents.by_token(conn, pass_.report)
        live = row and row.generation == pass_.generation and not incidents.is_spent(conn, pass_.id)
        draft = Draft(
            "lookup.accesses",
            "released" if live else "refused",
            actor,
            pass_.report,
            network_prefix(address, 48),
        )
        place = str(append(conn, context.pen, draft)[0])
    return _listed(context, pass_.report, place) if live else Gone(place)


def _listed(context: CitizenContext, report: bytes, place: str) -> Accesses:
    horizon = now_us() - context.settings.covert_days * _DAY_US
    holders = {citizen_token(context.settings.pepper, report, tier) for tier in ("T1", "T2")}
    with context.database.read() as conn:
        found = entries.search(conn, Filter(report=report), MOST)
        rows = [row for row in found.rows if ACTION_NAMES.get(row.action, "").startswith(_LOOKS)]
        told = [(row, _detail(row)) for row in rows]
        shown = [(row, d) for row, d in told if not (d.get("covert") and row.ts > horizon)]
        head = sequencing.latest_checkpoint(conn)
        looks = tuple(
            _access(context, row, d, holders, entries.index_of(conn, row.writer, row.seq)) for row, d in shown
        )
    return Accesses(looks, len(rows) - len(shown), found.older is not None, head.size if head else 0, place)


def _access(
    context: CitizenContext, row: Row, detail: dict[str, Any], holders: set[bytes], index: int | None
) -> Access:
    place = f"{row.writer}-{row.seq}"
    action = ACTION_NAMES[row.action]
    if action.startswith("lookup."):
        role = "holder" if row.actor in holders else "stranger"
    else:
        role = "administrator" if action.startswith("admin.") else "staff"
    return Access(
        datetime.fromtimestamp(row.ts / 1_000_000, UTC).astimezone(SHANGHAI),
        role,
        str(detail.get("body", "")),
        action,
        OUTCOME_NAMES.get(row.outcome, "?"),
        place,
        index,
        f"/api/v1/receipts/{place}?k={capability(context.settings, place)}",
    )


def _detail(row: Row) -> dict[str, Any]:
    try:
        told = json.loads(row.detail or "{}")
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
