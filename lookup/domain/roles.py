"""Staff roles and rights, separation of the three administrators (三员分立), jurisdiction, and sign-in lock-out.

Pure rules: no accounts, no passwords, no clock. Rights are given to roles here and nowhere else.
Source: GB/T 22239-2019 level 3, 8.1.4 身份鉴别 and 访问控制, 8.1.5 安全管理中心 (clause numbers not verified).
"""

import re
from collections.abc import Collection
from enum import StrEnum
from typing import Final

from lookup.domain.budget import Limit, Reservation, window_start
from lookup.domain.faults import Fault
from lookup.domain.reference import normalise


class Role(StrEnum):
    """What an account is for; the last three are the three administrators."""

    SUPERVISOR = "supervisor"  # 监督员 (法制、督察、案管)
    SYSTEM_ADMINISTRATOR = "system_administrator"  # 系统管理员
    SECURITY_ADMINISTRATOR = "security_administrator"  # 安全管理员
    AUDIT_ADMINISTRATOR = "audit_administrator"  # 审计管理员


class Right(StrEnum):
    """One thing an account may do; every console route asks for exactly one."""

    SEE_INCIDENTS = "see_incidents"  # inside the jurisdiction
    SEE_LEDGER = "see_ledger"  # supervisors: entries about their jurisdiction; audit administrators: all
    ANSWER_FINDINGS = "answer_findings"
    RELEASE_QUARANTINE = "release_quarantine"
    LOOK_COVERTLY = "look_covertly"  # only accounts that were allowed to, see domain.covert
    MANAGE_ACCOUNTS = "manage_accounts"  # create and close, without any right
    MANAGE_CLIENTS = "manage_clients"
    GRANT_ROLES = "grant_roles"
    UNLOCK = "unlock"
    VERIFY_LEDGER = "verify_ledger"
    ANSWER_ALARMS = "answer_alarms"  # of the ledger


ADMINISTRATORS: Final = frozenset(
    {Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.AUDIT_ADMINISTRATOR}
)
RIGHTS: Final[dict[Role, frozenset[Right]]] = {
    Role.SUPERVISOR: frozenset(
        {
            Right.SEE_INCIDENTS,
            Right.SEE_LEDGER,
            Right.ANSWER_FINDINGS,
            Right.RELEASE_QUARANTINE,
            Right.LOOK_COVERTLY,
        }
    ),
    Role.SYSTEM_ADMINISTRATOR: frozenset({Right.MANAGE_ACCOUNTS, Right.MANAGE_CLIENTS}),
    Role.SECURITY_ADMINISTRATOR: frozenset({Right.GRANT_ROLES, Right.UNLOCK}),
    Role.AUDIT_ADMINISTRATOR: frozenset({Right.SEE_LEDGER, Right.VERIFY_LEDGER, Right.ANSWER_ALARMS}),
}


def roles_fault(roles: Collection[Role]) -> Fault | None:
    """Say why one account may not hold these roles together, or None.

    Codes: missing; two_administrators; supervisor_administrator (administrators see no case data).
    """
    held = frozenset(roles)
    if not held:
        return Fault("roles", "missing")
    if len(held & ADMINISTRATORS) > 1:
        return Fault("roles", "two_administrators")
    if held & ADMINISTRATORS and Role.SUPERVISOR in held:
        return Fault("roles", "supervisor_administrator")
    return None


def may(roles: Collection[Role], right: Right) -> bool:
    """Whether an account with these roles has the right; a forbidden combination has none at all."""
    return roles_fault(roles) is None and any(right in RIGHTS[role] for role in roles)


def jurisdiction(text: str) -> str | Fault:
    """Return a jurisdiction as the shortest prefix of the unit codes (GA/T 380) it covers: 369900000000 is 3699.

    Takes 2 to 12 digits. Codes: missing, character, shape.
    """
    code = normalise(text)
    if not code:
        return Fault("jurisdiction", "missing")
    if not re.fullmatch(r"[0-9]+", code):
        return Fault("jurisdiction", "character")
    if len(code) % 2 or len(code) > 12 or code.startswith("00"):
        return Fault("jurisdiction", "shape")
    return re.sub(r"(?:00)+$", "", code)


def covers(prefixes: Collection[str], unit: str) -> bool:
    """Whether a 12-digit unit code lies in one of the jurisdictions; none, or an empty prefix, covers nothing."""
    return any(prefix and unit.startswith(prefix) for prefix in prefixes)


# Five failures shut a lane for the rest of its half hour (GB/T 22239 8.1.4.1 asks for a limit; the figures are ours).
DEVICE: Final = Limit("sign_in_device", 5, 1800)
ORIGIN: Final = Limit("sign_in_origin", 5, 1800)
STRANGERS: Final = Limit("sign_in_strangers", 50, 1800)
NETWORK: Final = Limit("sign_in_network", 20, 1800)
CODE: Final = Limit("sign_in_code", 5, 1800)


def sign_in_plan(account: str, network: str, device: str | None, now_us: int) -> tuple[Reservation, ...]:
    """Return what to reserve before password and one-time code are checked; stop at the first one refused.

    `account`: an opaque token of the name typed, whether it exists or not. `device`: the id out of a signed
    cookie that an earlier full sign-in of this account left here, else None; services verify it first. `now_us`:
    UTC microseconds. A known device has a lane of its own that nobody without its cookie can spend, so a stranger
    can shut out only other unknown devices; an account that has none yet can be given one (Right.UNLOCK).
    """
    if device is not None:
        return (_reserve(f"sign-in:{account}:device:{device}", DEVICE, now_us),)
    return (
        _reserve(f"sign-in:network:{network}", NETWORK, now_us),
        _reserve(f"sign-in:{account}:from:{network}", ORIGIN, now_us),
        _reserve(f"sign-in:{account}:strangers", STRANGERS, now_us),
    )


def code_plan(account: str, device: str | None, proved: bool, now_us: int) -> tuple[Reservation, ...]:
    """Return what to reserve before the one-time code is checked.

    `proved`: the password was right. Without it a decoy is counted, so that time tells nothing and only somebody
    who has the password can spend the real counter; even then a known device keeps its own.
    """
    lane = device if device is not None else "strangers"
    return (_reserve(f"sign-in:{account}:{'code' if proved else 'decoy'}:{lane}", CODE, now_us),)


def _reserve(key: str, limit: Limit, now_us: int) -> Reservation:
    return Reservation(key, window_start(now_us, limit.seconds), limit)
