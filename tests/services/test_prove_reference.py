"""Proving a reference: one answer for everything that does not match, budgets that hold, an owner never locked out."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from dataclasses import replace

import pytest
from sqlalchemy import text

from lookup.domain.budget import FACT_HOUR, REPORT
from lookup.domain.numbers import id_last6_name
from lookup.domain.reference import SecondFact, derive_code, normalise
from lookup.services.open_report import Gone, Opened, open_report
from lookup.services.passes import Pass
from lookup.services.prove_reference import Claim, Limited, Proved, Refused, prove
from lookup.services.reissue_reference import reissue_reference
from lookup.services.sign_out import sign_out
from lookup.storage.database import Database, open_database
from tests.support import contexts
from tests.support.reports import ID_NUMBER, NAME, NUMBER, PHONE, push_story

HOME, ELSEWHERE = "192.0.2.7", "198.51.100.9"


@pytest.fixture
def claim(database: Database) -> Claim:
    """The right claim of the reporter of a pushed report."""
    reference, _ = push_story(contexts.push(database))
    return Claim(NUMBER, normalise(reference.code), None, SecondFact.PHONE_LAST4, PHONE[-4:], None, HOME)


def wrong_code(claim: Claim) -> Claim:
    """The same claim with a well-formed code that is not the right one."""
    return replace(claim, code=derive_code(contexts.key(99), NUMBER, 1))


def entries(database: Database) -> Counter[tuple[int, int]]:
    """How many ledger entries there are of each (action, outcome)."""
    with database.read() as conn:
        return Counter(tuple(row) for row in conn.execute(text("SELECT action, outcome FROM audit_entry")))


def test_the_right_claim_is_proved_and_opens_the_report(database: Database, claim: Claim) -> None:
    """Number, code and second fact open the report at tier T1 and both steps leave an entry."""
    proved = prove(contexts.citizen(database), claim)
    assert isinstance(proved, Proved)
    assert proved.tier == "T1"
    opened = open_report(contexts.citizen(database), a_pass(proved), HOME)
    assert isinstance(opened, Opened)
    assert opened.values["registration"]["code"] == "filed"
    assert opened.phone == "199****1234"
    assert entries(database)[1, 1] == entries(database)[2, 1] == 1


def test_the_ledger_keeps_no_more_of_an_address_than_48_bits(database: Database, claim: Claim) -> None:
    """Proving, opening and signing out write the /48 of an IPv6 address, never the /64 of one household."""
    browser = "2001:db8:1:2:3:4:5:6"
    proved = prove(contexts.citizen(database), replace(claim, address=browser))
    assert isinstance(proved, Proved)
    open_report(contexts.citizen(database), a_pass(proved), browser)
    sign_out(contexts.citizen(database), a_pass(proved), browser)
    with database.read() as conn:
        nets = list(conn.execute(text("SELECT net FROM audit_entry WHERE action <= 3")).scalars())
    assert nets == ["2001:db8:1::/48"] * 3


def a_pass(proved: Proved, id_: bytes = b"p" * 16) -> Pass:
    """A pass for what was proved."""
    return Pass(id_, proved.report, proved.generation, proved.tier, 0)


def test_the_victim_is_proved_by_id_and_name_at_tier_two(database: Database, claim: Claim) -> None:
    """The last six of the ID with the full name give T2."""
    fact = id_last6_name(ID_NUMBER[-6:], NAME)
    assert isinstance(fact, str)
    proved = prove(contexts.citizen(database), replace(claim, fact_kind=SecondFact.ID_LAST6_NAME, fact=fact))
    assert isinstance(proved, Proved)
    assert proved.tier == "T2"


def test_everything_that_does_not_match_is_one_refusal(database: Database, claim: Claim) -> None:
    """Unknown number, wrong code, wrong second fact and a foreign link give the same answer, each with its entry."""
    context = contexts.citizen(database)
    others = [
        replace(claim, number="36990226030209159999"),
        wrong_code(claim),
        replace(claim, fact="0000"),
        replace(claim, number=None, code=None, link="https://lookup.test/r#WyJhIiwxXQ.x"),
    ]
    answers = [prove(context, other) for other in others]
    assert [replace(answer, entry="") for answer in answers] == [Refused("")] * 4
    assert entries(database)[1, 2] == 4


def test_the_link_is_as_good_as_number_and_code(database: Database, claim: Claim) -> None:
    """Whoever holds the link needs only the second fact."""
    reference, _ = push_story(contexts.push(database))
    linked = replace(claim, number=None, code=None, link=reference.link)
    assert isinstance(prove(contexts.citizen(database), linked), Proved)


@pytest.mark.budgets
def test_strangers_spend_their_budget_and_the_owner_still_gets_in(database: Database, claim: Claim) -> None:
    """After strangers spent the report's budget the owner waits thirty seconds, or uses the link, and is let in."""
    context = contexts.citizen(database)
    stranger = replace(wrong_code(claim), address=ELSEWHERE)
    answers = Counter(type(prove(context, stranger)).__name__ for _ in range(REPORT.amount + 5))
    assert answers["Limited"] == REPORT.amount + 5 - FACT_HOUR.amount
    limited = prove(context, claim)
    assert isinstance(limited, Limited)
    assert limited.ticket
    early = prove(context, replace(claim, ticket=limited.ticket))
    assert isinstance(early, Limited)
    assert (early.ticket, early.seconds <= limited.seconds) == (limited.ticket, True)
    reference, _ = push_story(contexts.push(database))
    assert isinstance(prove(context, replace(claim, number=None, code=None, link=reference.link)), Proved)


@pytest.mark.budgets
def test_a_ripe_ticket_is_good_for_one_try(
    database: Database, claim: Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the wait the ticket opens one try, and not a second one."""
    monkeypatch.setattr("lookup.domain.budget.WAIT_SECONDS", 0)
    context = contexts.citizen(database)
    for _ in range(REPORT.amount):
        prove(context, replace(wrong_code(claim), address=ELSEWHERE))
    limited = prove(context, claim)
    assert isinstance(limited, Limited)
    handed_back = replace(claim, ticket=limited.ticket)
    assert isinstance(prove(context, replace(handed_back, fact="0000")), Refused)
    assert isinstance(prove(context, handed_back), Limited)


def guess(arguments: tuple[str, Claim]) -> str:
    """One guess in a process of its own."""
    database = open_database(arguments[0], pool=1)
    answer = prove(contexts.citizen(database), arguments[1])
    database.close()
    return type(answer).__name__


def test_sixty_parallel_guesses_over_processes_never_pass_the_budget(migrated_url: str) -> None:
    """However many processes guess at once, no more guesses are evaluated than the report's budget allows."""
    database = open_database(migrated_url)
    reference, _ = push_story(contexts.push(database))
    database.close()
    claim = Claim(NUMBER, normalise(reference.code), None, SecondFact.PHONE_LAST4, "0000", None, HOME)
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        answers = Counter(pool.map(guess, [(migrated_url, claim)] * 60, chunksize=1))
    assert answers["Proved"] == 0
    assert answers["Refused"] == min(REPORT.amount, FACT_HOUR.amount)


def test_success_costs_no_budget(database: Database, claim: Claim) -> None:
    """An owner may look as often as they like."""
    context = contexts.citizen(database)
    assert all(isinstance(prove(context, claim), Proved) for _ in range(REPORT.amount + 3))


def test_sign_out_and_reissue_end_a_pass(database: Database, claim: Claim) -> None:
    """A pass opens nothing after sign-out, and none of an earlier generation opens anything after a re-issue."""
    context = contexts.citizen(database)
    proved = prove(context, claim)
    assert isinstance(proved, Proved)
    sign_out(context, a_pass(proved), HOME)
    assert isinstance(open_report(context, a_pass(proved), HOME), Gone)
    assert isinstance(open_report(context, a_pass(proved, b"q" * 16), HOME), Opened)
    fresh = reissue_reference(contexts.push(database), NUMBER, "counter")
    assert fresh is not None
    assert isinstance(open_report(context, a_pass(proved, b"q" * 16), HOME), Gone)
    assert isinstance(prove(context, claim), Refused)
    assert isinstance(prove(context, replace(claim, code=normalise(fresh.code))), Proved)
