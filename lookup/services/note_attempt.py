"""Leaving an entry for an attempt that reached no use case: malformed, not found, too large, stopped by the limiter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from lookup.domain.budget import network_prefix
from lookup.services.actors import stranger_token
from lookup.storage import noting
from lookup.storage.database import Database
from lookup.storage.lanes import Draft, Pen, now_us
from lookup.storage.noting import Refusal


class _Peppered(Protocol):
    @property
    def pepper(self) -> bytes: ...


class Writing(Protocol):
    """Any web process's context."""

    @property
    def settings(self) -> _Peppered:
        """Its settings."""

    @property
    def database(self) -> Database:
        """Its database."""

    @property
    def pen(self) -> Pen:
        """Its pen."""


def note(
    context: Writing,
    action: str,
    outcome: str,
    address: str,
    detail: Mapping[str, str | int] | None = None,
    actor: bytes | None = None,
) -> str:
    """Write one entry about `actor` (16-byte token; None: a stranger) at the IP `address` and return its place.

    In a flood from one network only the first of each minute are written one by one; then "" is returned and
    the worker sums up the rest in one `lookup.flood` entry with the exact count.
    """
    net, now = network_prefix(address, 48), now_us()
    draft = Draft(action, outcome, actor or stranger_token(context.settings.pepper, net), None, net, detail)
    place = noting.note(context.database, context.pen, Refusal(net, now, draft))
    return "" if place is None else str(place)
