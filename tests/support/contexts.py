"""Contexts of every surface on a test's own database, with fixed made-up secrets."""

from __future__ import annotations

from typing import Any, TypeVar

from lookup.services.contexts import CitizenContext, ConsoleContext, PushContext, WorkerContext
from lookup.services.law import read_law
from lookup.settings import CitizenSettings, Common, ConsoleSettings, PushSettings, WorkerSettings
from lookup.storage.database import Database
from lookup.storage.lanes import LANE, SEQUENCER, Pen

S = TypeVar("S", bound=Common)


def key(number: int) -> bytes:
    """A made-up 32-byte secret."""
    return bytes([number]) * 32


COMMON: dict[str, Any] = {
    "origin": "lookup.test/log1",
    "mac_key": key(1),
    "public_url": "https://lookup.test",
}
KEYS: dict[type[Common], dict[str, Any]] = {
    CitizenSettings: {
        "reference_key": key(2),
        "link_keys": (key(3),),
        "pass_keys": (key(4),),
        "pepper": key(5),
        "seal_key": key(6),
    },
    PushSettings: {"reference_key": key(2), "link_keys": (key(3),), "pepper": key(5), "seal_key": key(6)},
    ConsoleSettings: {"session_keys": (key(7),), "pepper": key(5), "seal_key": key(6)},
    WorkerSettings: {"log_key": key(8)},
}


def settings(kind: type[S], url: str, **changes: Any) -> S:
    """Settings of one surface for the database at `url`."""
    return kind(database_url=url, **(COMMON | KEYS[kind] | changes))


def worker(database: Database, **changes: Any) -> WorkerContext:
    """A worker on an open database."""
    return WorkerContext(settings(WorkerSettings, "", **changes), database, Pen(key(1), kind=SEQUENCER))


PEN = Pen(key(1), kind=LANE)


def citizen(database: Database) -> CitizenContext:
    """The citizen process on an open database."""
    return CitizenContext(settings(CitizenSettings, ""), database, PEN, read_law())


def push(database: Database) -> PushContext:
    """The push process on an open database."""
    return PushContext(settings(PushSettings, ""), database, PEN, read_law())


def console(database: Database) -> ConsoleContext:
    """The console process on an open database."""
    return ConsoleContext(settings(ConsoleSettings, ""), database, PEN, read_law())
