"""From what a supervisor can type to the tokens under which the ledger knows it."""

from __future__ import annotations

import re

from lookup.domain.faults import Fault
from lookup.domain.numbers import incident_number, incident_shape
from lookup.domain.reference import report_token
from lookup.services.actors import client_token
from lookup.services.contexts import ConsoleContext
from lookup.services.sign_in import account_name
from lookup.storage import clients, staff


def find_report(context: ConsoleContext, typed: str) -> bytes | Fault:
    """Return the 16-byte report token of an incident number (接警编号) as typed, or what is wrong with the number.

    The report need not have been entered: attempts at numbers that are not there stand in the ledger too.
    """
    number = incident_number(typed, incident_shape(context.settings.incident_pattern))
    return number if isinstance(number, Fault) else report_of(context, number)


def report_of(context: ConsoleContext, number: str) -> bytes:
    """Return the 16-byte report token of an incident number in normal form."""
    return report_token(context.settings.pepper, number)


def find_actor(context: ConsoleContext, typed: str) -> bytes | Fault:
    """Return the 16-byte actor token of an account's name, of a client's id, or of the token in 32 hexadecimal digits.

    A name that both have is the account's.
    """
    name = account_name(typed)
    if re.fullmatch(r"[0-9a-f]{32}", name):
        return bytes.fromhex(name)
    with context.database.read() as conn:
        account, client = staff.by_name(conn, name), clients.by_id(conn, name)
    if account is not None:
        return account.id
    return Fault("actor", "unknown") if client is None else client_token(context.settings.pepper, client.id)
