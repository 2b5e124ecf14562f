"""The entry of what staff does about one report: its token, the body, and whether the citizen is told of it later.

Every console use case about one report makes its draft here; `list_accesses` shows the citizen what it says.
A covert look (依法暂不告知) is one below a declaration that the account left before, an entry of its own.
"""

from __future__ import annotations

from collections.abc import Mapping

from lookup.domain.budget import network_prefix
from lookup.domain.covert import Declaration
from lookup.ledger.entry import read_detail
from lookup.services.contexts import ConsoleContext
from lookup.services.staff_session import Staff
from lookup.storage import entries
from lookup.storage.database import Transaction
from lookup.storage.entries import Filter
from lookup.storage.lanes import Draft, append, now_us

_DAY_US = 86_400_000_000


def draft(
    conn: Transaction,
    who: Staff,
    action: str,
    outcome: str,
    address: str,
    report: bytes | None = None,
    detail: Mapping[str, str | int] | None = None,
) -> Draft:
    """Return the entry of an act of `who` at the IP `address`; with a `report` (16-byte token) it says what is due.

    That is the role and body in the restricted part and, while a declaration runs, `covert` and `release` (µs).
    """
    told = dict(detail or {})
    if report is not None:
        told |= {"role": who.role.value, "body": who.body}
        release = covert_until(conn, who, report)
        if release is not None:
            told |= {"covert": 1, "release": release}
    return Draft(action, outcome, who.id, report, network_prefix(address, 48), told or None)


def covert_until(conn: Transaction, who: Staff, report: bytes) -> int | None:
    """Return when citizens are told of what this account looks at now (µs), by its newest declaration; None: at once.

    An account that is no longer allowed to has no declaration any more.
    """
    if not who.covert:
        return None
    asked = Filter(action="console.covert", outcome="succeeded", actor=who.id, report=report)
    found = entries.search(conn, asked, 1).rows
    release = read_detail(found[0].detail).get("release") if found else None
    return release if isinstance(release, int) and release > now_us() else None


def declare(context: ConsoleContext, who: Staff, report: bytes, made: Declaration, address: str) -> str:
    """Declare this account's looks at a report covert for `made.days` from now; returns the place of the entry.

    The entry is itself covert. A later declaration takes the place of this one, for later looks.
    """
    release = now_us() + made.days * _DAY_US
    detail: dict[str, str | int] = {
        "role": who.role.value, "body": who.body, "covert": 1, "release": release,
        "reason": made.reason, "approval": made.approval,
    }  # fmt: skip
    net = network_prefix(address, 48)
    with context.database.write() as conn:
        entry = Draft("console.covert", "succeeded", who.id, report, net, detail)
        return str(append(conn, context.pen, entry)[0])


def note_refused(context: ConsoleContext, who: Staff, report: bytes | None, address: str) -> None:
    """Leave the entry of a declaration that was not made."""
    with context.database.write() as conn:
        append(conn, context.pen, draft(conn, who, "console.covert", "failed", address, report))
