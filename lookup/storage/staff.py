"""Staff accounts and their sessions as rows. Passwords are hashes, TOTP secrets sealed, session ids digests."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from sqlalchemy import Connection, delete, insert, select, update

from lookup.storage.bulk import add_new
from lookup.storage.staff_tables import staff, staff_session


@dataclass(frozen=True, slots=True)
class Account:
    """One account. `id` is 16 random bytes and its actor token; `jurisdiction` unit-code prefixes, space-separated.

    `totp_step` is the last 30-second step whose code was used; `created` is µs (UTC). `body` is the unit or
    organisation as citizens read it; `covert` allows declaring looks that citizens are told of later.
    """

    id: bytes
    name: str
    role: str
    jurisdiction: str
    password: str
    totp: bytes
    totp_step: int
    created: int
    disabled: bool
    body: str = ""
    covert: bool = False


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session and the account it belongs to; times are µs (UTC)."""

    digest: bytes
    created: int
    seen: int
    expires: int
    account: Account


_S = staff_session.c


def by_name(conn: Connection, name: str) -> Account | None:
    """Return the account of this name, disabled or not."""
    row = conn.execute(select(staff).where(staff.c.name == name)).one_or_none()
    return None if row is None else Account(*row)


def accounts(conn: Connection) -> list[Account]:
    """Return every account by name."""
    return [Account(*row) for row in conn.execute(select(staff).order_by(staff.c.name))]


def add(conn: Connection, account: Account) -> None:
    """Insert an account; `Collision` when its name is taken."""
    add_new(conn, staff, [asdict(account)])


def set_disabled(conn: Connection, id_: bytes, disabled: bool) -> None:
    """Close or open an account."""
    conn.execute(update(staff).where(staff.c.id == id_).values(disabled=disabled))


def set_body(conn: Connection, id_: bytes, body: str) -> None:
    """Say to which unit or organisation an account belongs."""
    conn.execute(update(staff).where(staff.c.id == id_).values(body=body))


def set_covert(conn: Connection, id_: bytes, covert: bool) -> None:
    """Allow an account to declare covert looks, or no longer."""
    conn.execute(update(staff).where(staff.c.id == id_).values(covert=covert))


def set_factors(conn: Connection, id_: bytes, password: str, totp: bytes) -> None:
    """Replace the password hash and the sealed TOTP secret; codes of the old secret are worth nothing."""
    values = {"password": password, "totp": totp, "totp_step": 0}
    conn.execute(update(staff).where(staff.c.id == id_).values(**values))


def use_step(conn: Connection, id_: bytes, step: int) -> bool:
    """Use up a TOTP step; False when it, or a later one, was used before."""
    fresh = update(staff).where(staff.c.id == id_, staff.c.totp_step < step).values(totp_step=step)
    return conn.execute(fresh).rowcount == 1


def start_session(conn: Connection, digest: bytes, id_: bytes, now: int, expires: int) -> None:
    """Insert a session of the account and end every other one it has."""
    end_sessions(conn, id_)
    row = {"digest": digest, "staff": id_, "created": now, "seen": now, "expires": expires}
    conn.execute(insert(staff_session), row)


def session(conn: Connection, digest: bytes) -> SessionRow | None:
    """Return a session with its account, whatever its age."""
    query = select(_S.digest, _S.created, _S.seen, _S.expires, staff).join_from(staff_session, staff)
    row = conn.execute(query.where(_S.digest == digest)).one_or_none()
    return None if row is None else SessionRow(row[0], row[1], row[2], row[3], Account(*row[4:]))


def touch(conn: Connection, digest: bytes, now: int) -> None:
    """Note that the session was used."""
    conn.execute(update(staff_session).where(_S.digest == digest).values(seen=now))


def end_session(conn: Connection, digest: bytes) -> bool:
    """Delete a session; False when it was gone already."""
    return conn.execute(delete(staff_session).where(_S.digest == digest)).rowcount == 1


def end_sessions(conn: Connection, id_: bytes) -> None:
    """Delete every session of an account."""
    conn.execute(delete(staff_session).where(_S.staff == id_))
