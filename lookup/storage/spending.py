"""Spending attempt budgets (`domain.budget` plans them) inside the transaction that decides the attempt."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from lookup.domain.budget import FLOOD_SECONDS, Reservation, flood_key, within, written_singly
from lookup.storage import budgets
from lookup.storage.budgets import Slot

_GRACE_US = 3_600_000_000  # rows stay a while after their window, so that the worker can sum up floods


def take(conn: Connection, planned: Sequence[Reservation]) -> Reservation | None:
    """Reserve one after another; returns the first that is over its budget (later ones are untouched), else None."""
    for reservation in planned:
        if not within(reservation, budgets.reserve(conn, [_slot(reservation)])[0]):
            return reservation
    return None


def restore(conn: Connection, planned: Sequence[Reservation]) -> None:
    """Give back what a success does not cost."""
    budgets.give_back(conn, [_slot(each) for each in planned if each.limit.returned])


def notable(conn: Connection, network: str, now: int) -> bool:
    """Count one refusal of a network in this minute; False when it is only to be summed up (`lookup.flood`)."""
    key, window = flood_key(network, now)
    slot = Slot(key, window, window + FLOOD_SECONDS * 1_000_000)
    return written_singly(budgets.reserve(conn, [slot])[0])


def _slot(reservation: Reservation) -> Slot:
    return Slot(reservation.key, reservation.window, reservation.expires_us + _GRACE_US)
