"""Who looked at my report (谁查看过): every attempt and every look, failures included; the look itself is an entry.

Covert looks (依法暂不告知, see `staff_looks`) are delayed until their release and counted, never dropped.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from lookup.domain.budget import network_prefix
from lookup.domain.calendar import SHANGHAI
from lookup.domain.covert import is_withheld
from lookup.domain.roles import ADMINISTRATORS
from lookup.ledger.entry import ACTION_NAMES, ACTIONS, OUTCOME_NAMES, Row, read_detail
from lookup.services import look_cursor
from lookup.services.actors import citizen_token, holder_tokens
from lookup.services.contexts import CitizenContext
from lookup.services.open_report import Gone
from lookup.services.passes import Pass
from lookup.services.receipts import capability
from lookup.storage import entries, incidents, sequencing
from lookup.storage.database import Transaction
from lookup.storage.entries import Filter, Key
from lookup.storage.lanes import Draft, append, now_us

MOST = 100
_ROUNDS = 10
_LOOKS = ("lookup.", "console.", "admin.")
_STAFF = tuple(name for name in ACTIONS if name.startswith("console."))
_DAY_US = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Access:
    """One look. `role`: holder (with this proof), stranger, staff, administrator; `body` the staff's unit or empty.

    `index` is None while the entry waits for integration; `receipt` the path of its receipt; `delayed` says that it
    was withheld when it happened.
    """

    at: datetime
    role: str
    body: str
    action: str
    outcome: str
    place: str
    index: int | None
    receipt: str
    delayed: bool


@dataclass(frozen=True, slots=True)
class Accesses:
    """A page of looks, newest first (at most MOST), and how many of all are withheld for now.

    `older` is the cursor of the page that follows, None at the end. `as_of` is the size of the newest checkpoint,
    `entry` the entry of this look.
    """

    looks: tuple[Access, ...]
    withheld: int
    older: str | None
    as_of: int
    entry: str


def list_accesses(
    context: CitizenContext, pass_: Pass, address: str, before: Key | None = None
) -> Accesses | Gone:
    """List the looks at the report of `pass_` for a browser at the IP `address`, those earlier than `before`."""
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
    return _listed(context, pass_.report, place, before) if live else Gone(place)


def _listed(context: CitizenContext, report: bytes, place: str, before: Key | None) -> Accesses:
    holders = holder_tokens(context.settings.pepper, report)
    since = now_us() - context.settings.covert_days * _DAY_US
    with context.database.read() as conn:
        rows, older = _page(context, conn, report, before)
        staff = entries.about(conn, report, _STAFF, since)
        head = sequencing.latest_checkpoint(conn)
        looks = tuple(
            _access(context, row, holders, entries.index_of(conn, row.writer, row.seq)) for row in rows
        )
    withheld = sum(_withheld(context, row) for row in staff)
    cursor = None if older is None else look_cursor.write(context.settings.seal_key, report, older)
    return Accesses(looks, withheld, cursor, head.size if head else 0, place)


def _page(
    context: CitizenContext, conn: Transaction, report: bytes, before: Key | None
) -> tuple[list[Row], Key | None]:
    """Fill a page with what may be shown, so that its length does not tell where something is withheld."""
    shown: list[Row] = []
    for _ in range(_ROUNDS):
        found = entries.search(conn, Filter(report=report), MOST, before)
        shown += [row for row in found.rows if _is_look(row) and not _withheld(context, row)]
        before = found.older
        if before is None or len(shown) > MOST:
            break
    if len(shown) <= MOST:
        return shown, before
    last = shown[MOST - 1]
    return shown[:MOST], Key(last.ts, last.writer, last.seq)


def _is_look(row: Row) -> bool:
    return ACTION_NAMES.get(row.action, "").startswith(_LOOKS)


def _withheld(context: CitizenContext, row: Row) -> bool:
    detail = read_detail(row.detail)
    release = detail.get("release")
    at = release if isinstance(release, int) else None
    return bool(detail.get("covert")) and is_withheld(row.ts, at, context.settings.covert_days, now_us())


def _access(context: CitizenContext, row: Row, holders: set[bytes], index: int | None) -> Access:
    place, detail = f"{row.writer}-{row.seq}", read_detail(row.detail)
    return Access(
        datetime.fromtimestamp(row.ts / 1_000_000, UTC).astimezone(SHANGHAI),
        _role(row, holders, detail.get("role")),
        str(detail.get("body", "")),
        ACTION_NAMES[row.action],
        OUTCOME_NAMES.get(row.outcome, "?"),
        place,
        index,
        f"/api/v1/receipts/{place}?k={capability(context.settings, place)}",
        bool(detail.get("covert")),
    )


def _role(row: Row, holders: set[bytes], role: object) -> str:
    action = ACTION_NAMES[row.action]
    if action.startswith("lookup."):
        return "holder" if row.actor in holders else "stranger"
    return "administrator" if action.startswith("admin.") or role in ADMINISTRATORS else "staff"
