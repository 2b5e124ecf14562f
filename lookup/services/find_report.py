"""From an incident number to the token under which the ledger knows it, whether the report was ever entered or not."""

from __future__ import annotations

from lookup.domain.faults import Fault
from lookup.domain.numbers import incident_number
from lookup.domain.reference import report_token
from lookup.services.contexts import ConsoleContext


def find_report(context: ConsoleContext, typed: str) -> bytes | Fault:
    """Return the 16-byte report token of an incident number (接警编号) as typed, or what is wrong with the number."""
    number = incident_number(typed)
    return number if isinstance(number, Fault) else report_token(context.settings.pepper, number)
