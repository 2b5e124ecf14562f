"""A console session: a row that the cookie's secret id opens, until idle, old, signed out or its account closed."""

from __future__ import annotations

from dataclasses import dataclass

from lookup.domain.budget import network_prefix
from lookup.domain.roles import Right, Role, may
from lookup.services.contexts import ConsoleContext
from lookup.services.sign_in import IDLE_SECONDS, session_digest
from lookup.storage import entries, staff
from lookup.storage.entries import Filter
from lookup.storage.lanes import Draft, append, now_us
from lookup.storage.staff import SessionRow

_TOUCH_US = 30 * 1_000_000


@dataclass(frozen=True, slots=True)
class Staff:
    """Who is signed in. `jurisdiction` holds unit-code prefixes; `since` and `expires` are µs (UTC).

    `body` is the unit or organisation as citizens read it; `covert` whether the account may declare covert looks.
    """

    id: bytes
    name: str
    role: Role
    jurisdiction: tuple[str, ...]
    session: bytes
    since: int
    expires: int
    body: str = ""
    covert: bool = False

    def may(self, right: Right) -> bool:
        """Say whether the account's role has this right, and for covert looks the account itself."""
        return may([self.role], right) and (right is not Right.LOOK_COVERTLY or self.covert)


def resume(context: ConsoleContext, session: str) -> Staff | None:
    """Return who holds this session and note that it was used; None when it has ended or never was."""
    digest, now = session_digest(session), now_us()
    with context.database.read() as conn:
        row = staff.session(conn, digest)
    if row is None or _ended(row, now):
        return None
    if now - row.seen > _TOUCH_US:
        with context.database.write() as conn:
            staff.touch(conn, digest, now)
    account = row.account
    places = tuple(account.jurisdiction.split())
    return Staff(
        account.id, account.name, Role(account.role), places, digest, row.created, row.expires, account.body,
        account.covert,
    )  # fmt: skip


def _ended(row: SessionRow, now: int) -> bool:
    idle = now - row.seen >= IDLE_SECONDS * 1_000_000
    return idle or now >= row.expires or row.account.disabled


def sign_out(context: ConsoleContext, who: Staff, address: str) -> None:
    """End the session; its cookie opens nothing any more."""
    draft = Draft("console.signout", "succeeded", who.id, None, network_prefix(address, 48))
    with context.database.write() as conn:
        staff.end_session(conn, who.session)
        append(conn, context.pen, draft)


def note_denied(context: ConsoleContext, who: Staff, right: Right, address: str) -> None:
    """Leave the entry of a page that the account has no right to."""
    net, detail = network_prefix(address, 48), {"right": right.value}
    with context.database.write() as conn:
        append(conn, context.pen, Draft("console.view", "refused", who.id, None, net, detail))


@dataclass(frozen=True, slots=True)
class SignInRecord:
    """One successful sign-in of an account: when (µs, UTC) and from which network prefix."""

    at: int
    net: str | None


def recent_sign_ins(context: ConsoleContext, who: Staff) -> tuple[SignInRecord, ...]:
    """Return the account's latest sign-ins, this one first, so that its holder notices a foreign one."""
    mine = Filter(action="console.signin", outcome="succeeded", actor=who.id)
    with context.database.read() as conn:
        found = entries.search(conn, mine, 5)
    return tuple(SignInRecord(row.ts, row.net) for row in found.rows)
