"""Proving a reference (查询凭证) together with a second fact: the only way to a report.

An unknown number, a wrong code and a wrong second fact are one answer, reached by the same statements. Every
attempt is counted before it is checked, and its entry is durable before the answer leaves.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from lookup.domain import budget
from lookup.domain.budget import Attempt, Reservation, network_prefix
from lookup.domain.reference import SecondFact, codes_equal, derive_code, report_token, second_fact_digest
from lookup.services.actors import citizen_token, stranger_token
from lookup.services.contexts import CitizenContext
from lookup.services.incident_file import FACT_KINDS
from lookup.services.references import read_link
from lookup.services.wait_tickets import read_ticket, write_ticket
from lookup.storage import incidents, spending
from lookup.storage.database import Transaction
from lookup.storage.incidents import IncidentRow
from lookup.storage.lanes import Draft, append, now_us

_TIERS = {SecondFact.PHONE_LAST4: "T1", SecondFact.ID_LAST6_NAME: "T2"}
_LEDGER_BITS = 48


@dataclass(frozen=True, slots=True)
class Claim:
    """What somebody typed, in normal form: number and code, or a link; and the second fact.

    `ticket` is a wait ticket handed back; `address` the IP address of the browser.
    """

    number: str | None
    code: str | None
    link: str | None
    fact_kind: SecondFact
    fact: str
    ticket: str | None
    address: str


@dataclass(frozen=True, slots=True)
class Proved:
    """The claim is right: this report (16-byte token) at this generation may be opened at this tier."""

    report: bytes
    generation: int
    tier: str
    entry: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Something did not match; nobody is told what."""

    entry: str


@dataclass(frozen=True, slots=True)
class Limited:
    """Too many tries for now. `ticket` allows one more after `seconds`; it is empty when only time helps."""

    ticket: str
    seconds: int
    entry: str


@dataclass(frozen=True, slots=True)
class _Target:
    report: bytes
    link: tuple[bytes, int] | None


def prove(context: CitizenContext, claim: Claim) -> Proved | Refused | Limited:
    """Count, check and record one attempt in one transaction."""
    target = _target(context, claim)
    with context.database.write() as conn:
        return _Attempt(context, claim, target, conn).run()


def _target(context: CitizenContext, claim: Claim) -> _Target:
    link = read_link(context.settings, claim.link) if claim.link else None
    if link is not None:
        return _Target(link[0], link)
    unknown = "link " + hashlib.sha256((claim.link or "").encode()).hexdigest()
    return _Target(report_token(context.settings.pepper, claim.number or unknown), None)


class _Attempt:
    def __init__(self, context: CitizenContext, claim: Claim, target: _Target, conn: Transaction) -> None:
        self.context, self.claim, self.target, self.conn = context, claim, target, conn
        self.now = now_us()
        self.net = network_prefix(claim.address, _LEDGER_BITS)

    def run(self) -> Proved | Refused | Limited:
        row = incidents.by_token(self.conn, self.target.report)
        linked = row is not None and self.target.link == (row.token, row.generation)
        ticket = read_ticket(self.context.settings.pass_keys, self.claim.ticket)
        attempt = Attempt(self.target.report, network_prefix(self.claim.address), linked, ticket)
        planned = budget.plan(attempt, self.now)
        if spending.take(self.conn, planned) is not None:
            return self._limited(attempt)
        right = self._code_is_right(row)
        proved = row is not None and (linked or right)
        facts = budget.fact_plan(
            self.target.report, row.generation if row and proved else 0, proved, self.now
        )
        over = spending.take(self.conn, facts)
        fact_is_right = self._fact_is_right(row)
        if over is not None:
            return self._wait_for(over)
        if row is None or not proved or not fact_is_right:
            return Refused(self._write("refused"))
        spending.restore(self.conn, [*planned, *facts])
        return self._proved(row)

    def _code_is_right(self, row: IncidentRow | None) -> bool:
        """Compare with the code of the present generation; an unknown report costs the same derivation."""
        number, generation = (row.number, row.generation) if row else (self.claim.number or "", 1)
        expected = derive_code(self.context.settings.reference_key, number, generation)
        return codes_equal(self.claim.code or "", expected) and row is not None

    def _fact_is_right(self, row: IncidentRow | None) -> bool:
        number = row.number if row else self.claim.number or ""
        pepper = self.context.settings.pepper
        digest = second_fact_digest(pepper, self.claim.fact_kind, number, self.claim.fact)
        known = incidents.facts(self.conn, row.id if row else -1, FACT_KINDS[self.claim.fact_kind])
        return any([hmac.compare_digest(digest, each) for each in known])

    def _proved(self, row: IncidentRow) -> Proved:
        tier = _TIERS[self.claim.fact_kind]
        actor = citizen_token(self.context.settings.pepper, row.token, tier)
        return Proved(row.token, row.generation, tier, self._write("released", actor))

    def _limited(self, attempt: Attempt) -> Limited:
        ticket = budget.unripe(attempt, self.now)
        if ticket is None:
            ticket = budget.ticket_for(attempt, secrets.token_urlsafe(12), self.now)
        text = write_ticket(self.context.settings.pass_keys, ticket)
        return Limited(text, -((self.now - ticket.not_before_us) // 1_000_000), self._write_flood())

    def _wait_for(self, over: Reservation) -> Limited:
        end = over.window + over.limit.seconds * 1_000_000
        return Limited("", max(1, (end - self.now) // 1_000_000), self._write_flood())

    def _write_flood(self) -> str:
        return self._write("limited") if spending.notable(self.conn, self.net, self.now) else ""

    def _write(self, outcome: str, actor: bytes | None = None) -> str:
        who = actor or stranger_token(self.context.settings.pepper, self.net)
        draft = Draft("lookup.verify", outcome, who, self.target.report, self.net)
        return str(append(self.conn, self.context.pen, draft)[0])
