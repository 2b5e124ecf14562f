"""The wire form of a declaration that missing numbers were never used; form only."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, ValidationError

from lookup.domain.sequence import MOST_UNUSED
from lookup.services.arrivals import Client, Fault
from lookup.services.declare_unused import Claim
from lookup.web.push.faults import fault, from_validation
from lookup.web.push.strict import Strict
from lookup.web.push.wire import SequenceNumber, Source


class UnusedIn(Strict):
    """Missing numbers that were never used. They are a gap no longer; an event under one of them is taken as ever."""

    source: Source = Field(description="The source URI this client is registered with.")
    first: SequenceNumber = Field(description="First number.")
    last: SequenceNumber = Field(description=f"Last number, included; {MOST_UNUSED} numbers at most.")
    reason: Literal["rolled_back", "counter_moved", "other_use"]


def read_claim(client: Client, value: Any) -> Claim | list[Fault]:
    """Read one JSON value as a declaration of `client`, or say all that is wrong with it."""
    if not isinstance(value, dict):
        return [fault("", "wire.type")]
    try:
        sent = UnusedIn.model_validate(value)
    except ValidationError as error:
        return from_validation(error, UnusedIn)
    claim = Claim(int(sent.first), int(sent.last), sent.reason)
    faults = [] if sent.source == client.source else [fault("/source", "scope.source")]
    if claim.last < claim.first:
        faults.append(fault("/last", "unused.order"))
    if claim.last - claim.first >= MOST_UNUSED:
        faults.append(fault("/last", "unused.width"))
    return faults or claim
