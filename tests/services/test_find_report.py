"""From what a supervisor types to the tokens of the ledger."""

from __future__ import annotations

from dataclasses import replace

from lookup.domain.faults import Fault
from lookup.domain.reference import report_token
from lookup.services.actors import client_token
from lookup.services.find_report import find_actor, find_report
from lookup.storage.database import Database
from tests.support import accounts, contexts
from tests.support.pushing import Desk
from tests.support.reports import NUMBER


def test_a_number_is_read_in_the_form_of_the_deployment(database: Database) -> None:
    """20 digits usually; where another pattern is set, only that."""
    usual = contexts.console(database)
    other = replace(usual, settings=replace(usual.settings, incident_pattern="JJ[0-9]{14}"))
    assert find_report(usual, f" {NUMBER[:6]} {NUMBER[6:]} ") == report_token(contexts.key(5), NUMBER)
    assert find_report(usual, "JJ26031508301242") == Fault("incident_number", "too_short")
    assert find_report(other, "jj26031508301242") == report_token(contexts.key(5), "JJ26031508301242")
    assert find_report(other, NUMBER) == Fault("incident_number", "shape")


def test_an_actor_is_an_account_a_source_or_a_token(database: Database) -> None:
    """A source is named by its id as well as by clicking on it; where an account has the same name, it is meant."""
    context = contexts.console(database)
    Desk(database)
    source = client_token(contexts.key(5), "yunxi")
    assert find_actor(context, " Yunxi ") == source
    assert find_actor(context, source.hex()) == source
    assert find_actor(context, "nobody.here") == Fault("actor", "unknown")
    account = accounts.made(context, "yunxi").account
    assert find_actor(context, "yunxi") == account.id
