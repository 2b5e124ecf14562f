"""Persons of a correction: those told before in their role open the report no more, in whatever order all came."""

from __future__ import annotations

import itertools
from random import Random
from typing import Any

import pytest

from lookup.domain.numbers import id_last6_name
from lookup.domain.reference import SecondFact, normalise, report_token, second_fact_digest
from lookup.services.accept_events import accept_events
from lookup.services.arrivals import Client, Result
from lookup.services.incident_file import FACT_KINDS
from lookup.services.open_report import Opened, open_report
from lookup.services.passes import Pass
from lookup.services.prove_reference import Claim, Proved, Refused, prove
from lookup.storage import incidents
from lookup.storage.database import Database
from lookup.web.push.arriving import read_event
from tests.support import contexts, databases
from tests.support.pushing import NUMBER, SOURCE, event
from tests.support.reports import NAME

Wire = dict[str, Any]
CLIENT = Client("yunxi", "云溪市110", ("3699",), (), SOURCE)
ID_NUMBER = "999999200001010011"
WRONG, RIGHT, VICTIMS = "19900001111", "19900002222", "19900003333"
REPORTER = [{"role": "reporter", "phone": WRONG}]
VICTIM = [{"role": "victim", "phone": VICTIMS, "id_number": ID_NUMBER, "name": NAME}]
TOKEN = report_token(contexts.key(5), NUMBER)


def typed(minute: int) -> str:
    """A moment of that morning."""
    return f"2026-03-02T08:{minute:02}:00+08:00"


def first(**more: Any) -> Wire:
    """The call, with the wrong number of the caller, and the victim."""
    return event("e-1", **{"data__entered_at": typed(15), "data__persons": REPORTER + VICTIM} | more)


def amending(
    id_: str, minute: int, of: str, type_: str = "correction", persons: Any = None, **more: Any
) -> Wire:
    """A correction or retraction that was typed at `minute`."""
    right: Wire = {"data__to": None, "data__persons": persons, "data__entered_at": typed(minute)}
    right |= {
        "data__replaces": {"source": SOURCE, "id": of},
        "data__reason": "wrong",
        "data__approver": "012345",
    }
    return event(id_, type=f"lookup.{type_}", **right | more)


def correction(id_: str = "c-1", minute: int = 20, of: str = "e-1", phone: str = RIGHT) -> Wire:
    """A correction that tells the right number of the caller."""
    return amending(id_, minute, of, persons=[{"role": "reporter", "phone": phone}])


def push(database: Database, *events: Wire) -> list[Result]:
    """Push each by itself; none is refused."""
    context = contexts.push(database)
    arrivals = [read_event(CLIENT, "[0-9]{20}", each).arrival for each in events]
    results = [result for each in arrivals for result in accept_events(context, CLIENT, [each])]
    assert {result.outcome for result in results} <= {"accepted", "waiting", "duplicate"}
    return results


def opening(database: Database) -> set[str]:
    """Which of the known second facts open the report, and the caller's number as its pages show it."""
    identity = id_last6_name(ID_NUMBER[-6:], NAME)
    assert isinstance(identity, str)
    known = {phone: (SecondFact.PHONE_LAST4, phone[-4:]) for phone in (WRONG, RIGHT, VICTIMS)}
    known["identity"] = (SecondFact.ID_LAST6_NAME, identity)
    with database.read() as conn:
        row = incidents.by_token(conn, TOKEN)
        assert row is not None
        found = {kind: incidents.facts(conn, row.id, FACT_KINDS[kind]) for kind in SecondFact}
    digests = {
        name: second_fact_digest(contexts.key(5), kind, NUMBER, value)
        for name, (kind, value) in known.items()
    }
    opens = {name for name, (kind, _) in known.items() if digests[name] in found[kind]}
    opened = open_report(
        contexts.citizen(database), Pass(b"p" * 16, TOKEN, row.generation, "T1", 0), "192.0.2.7"
    )
    assert isinstance(opened, Opened)
    return opens | ({opened.phone} if opened.phone else set())


def test_a_corrected_phone_takes_the_place_of_the_wrong_one(database: Database) -> None:
    """The wrong number opens nothing from then on and is not shown; who was told in another role still opens."""
    push(database, first())
    assert opening(database) == {WRONG, VICTIMS, "identity", "199****1111"}
    push(database, correction())
    assert opening(database) == {RIGHT, VICTIMS, "identity", "199****2222"}


@pytest.mark.budgets
def test_the_wrong_caller_is_refused_once_corrected(database: Database) -> None:
    """What opened the report before the correction is answered like any wrong guess after it."""
    reference = push(database, first())[0].reference
    assert reference is not None
    code = normalise(reference.code)
    wrong = Claim(NUMBER, code, None, SecondFact.PHONE_LAST4, WRONG[-4:], None, "192.0.2.7")
    right = Claim(NUMBER, code, None, SecondFact.PHONE_LAST4, RIGHT[-4:], None, "192.0.2.7")
    assert isinstance(prove(contexts.citizen(database), wrong), Proved)
    push(database, correction())
    assert isinstance(prove(contexts.citizen(database), wrong), Refused)
    assert isinstance(prove(contexts.citizen(database), right), Proved)


@pytest.mark.parametrize("persons", [None, []])
def test_a_correction_that_names_nobody_changes_nobody(
    database: Database, persons: list[Wire] | None
) -> None:
    """What a correction leaves out stays."""
    push(database, first(), amending("c-1", 20, "e-1", persons=persons))
    assert opening(database) == {WRONG, VICTIMS, "identity", "199****1111"}


def test_a_role_without_a_number_puts_away_who_was_told_in_it(database: Database) -> None:
    """A correction that names a role alone says that whoever was told in it was wrong."""
    push(database, first(), amending("c-1", 20, "e-1", persons=[{"role": "victim"}, {"role": "reporter"}]))
    assert opening(database) == set()


def test_of_one_moment_the_correction_counts(database: Database) -> None:
    """Where the source's clock shows minutes only, the correction still takes the place of what it corrects."""
    push(database, first(), correction(minute=15))
    assert opening(database) == {RIGHT, VICTIMS, "identity", "199****2222"}


def test_corrections_of_one_moment_are_told_apart(database: Database) -> None:
    """One that was retracted, or waits, lets nobody in because another was typed in the same minute."""
    wrong, gone = correction("c-0", phone="19900004444"), amending("r-0", 20, "c-0", "retraction")
    push(database, first(), wrong, gone, correction(), correction("c-2", of="e-9", phone=WRONG))
    assert opening(database) == {RIGHT, VICTIMS, "identity", "199****2222"}
    push(database, correction("c-3", phone="19900004444"))
    assert opening(database) == {VICTIMS, "identity", "199****4444"}


def test_what_was_typed_before_the_correction_stays_away_when_it_comes_late(database: Database) -> None:
    """The wrong number in another event of before does not come back; one that is told afterwards counts."""
    late = event(
        "e-2", type="lookup.mark", data__to=None, data__reason="under_reconsideration", data__persons=REPORTER
    )
    push(database, first(), correction(), late | {"data": late["data"] | {"entered_at": typed(19)}})
    assert WRONG not in opening(database)
    push(database, late | {"id": "e-3", "data": late["data"] | {"entered_at": typed(21)}})
    assert opening(database) >= {WRONG, RIGHT, "199****1111"}


def test_a_retracted_correction_never_counted(database: Database) -> None:
    """What it put away opens again, and whom it named opens nothing."""
    push(database, first(), correction(), amending("r-1", 30, "c-1", "retraction"))
    assert opening(database) == {WRONG, VICTIMS, "identity", "199****1111"}


def test_a_correction_that_waits_for_its_event_names_nobody(database: Database) -> None:
    """Under a wrong number it is of another report: nobody of that one is told about, or let in."""
    push(database, first(), correction(of="e-9"))
    assert opening(database) == {WRONG, VICTIMS, "identity", "199****1111"}


def test_a_later_correction_of_other_things_keeps_the_right_number(database: Database) -> None:
    """The correction that counts for the step may name nobody: who was put away stays away."""
    push(database, first(), correction(), amending("c-2", 40, "e-1"))
    assert opening(database) == {RIGHT, VICTIMS, "identity", "199****2222"}


def test_a_correction_that_may_not_amend_puts_nobody_away(database: Database) -> None:
    """Another source that speaks for another unit neither locks the reporter out nor lets anybody in."""
    push(database, first())
    other = Client("other", "云溪市另一系统", ("3699",), (), "urn:yunxi:other")
    foreign = correction() | {"source": other.source}
    foreign["data"] = foreign["data"] | {"unit": "369903510000"}
    accept_events(contexts.push(database), other, [read_event(other, "[0-9]{20}", foreign).arrival])
    assert opening(database) == {WRONG, VICTIMS, "identity", "199****1111"}


TOLD = (
    first(),
    correction(),
    correction("c-2", 25, "c-1", "19900004444"),
    amending("r-1", 40, "c-2", "retraction"),
    amending("c-3", 20, "e-1", persons=[{"role": "victim"}]),
)


def test_any_order_ends_in_the_same_openings(tmp_path: Any) -> None:
    """Call, corrections, a correction of one and its retraction: who opens the report is the same in each order."""
    orders = list(itertools.permutations(TOLD))
    chosen = Random(4).sample(orders, 40)  # noqa: S311 - a reproducible choice
    ends = set()
    for place, order in enumerate([TOLD, TOLD[::-1], *chosen]):
        folder = tmp_path / str(place)
        folder.mkdir()
        with databases.migrated_sqlite(folder) as url, databases.opened(url) as database:
            push(database, *order)
            ends.add(frozenset(opening(database)))
    assert ends == {frozenset({RIGHT, "199****2222"})}


@pytest.mark.parametrize("of", ["e-1", "e-9"])
def test_a_retraction_names_nobody(database: Database, of: str) -> None:
    """It says that something is not so; under a wrong number it would let the caller of another report in here."""
    push(database, first(), correction(), amending("r-1", 30, of, "retraction", REPORTER))
    assert WRONG not in opening(database)
