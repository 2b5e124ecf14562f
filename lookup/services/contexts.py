"""What each process carries: its settings, its database, its pen and the law. Built once at the composition root."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from lookup.ledger.provider import digest_named
from lookup.services.law import Law, read_law
from lookup.settings import CitizenSettings, Common, ConsoleSettings, PushSettings, WorkerSettings
from lookup.storage.database import Database, open_database
from lookup.storage.lanes import LANE, SEQUENCER, Pen


@dataclass(frozen=True, slots=True)
class CitizenContext:
    """The citizen process."""

    settings: CitizenSettings
    database: Database
    pen: Pen
    law: Law


@dataclass(frozen=True, slots=True)
class PushContext:
    """The push process."""

    settings: PushSettings
    database: Database
    pen: Pen
    law: Law


class _JudgingKeys(Protocol):
    @property
    def pepper(self) -> bytes: ...

    @property
    def seal_key(self) -> bytes: ...

    @property
    def incident_pattern(self) -> str: ...


class Judging(Protocol):
    """Any process that judges events: the push process, and the console when it replays one."""

    @property
    def settings(self) -> _JudgingKeys:
        """Its settings."""

    @property
    def database(self) -> Database:
        """Its database."""

    @property
    def pen(self) -> Pen:
        """Its pen."""

    @property
    def law(self) -> Law:
        """The law."""


@dataclass(frozen=True, slots=True)
class ConsoleContext:
    """The console process."""

    settings: ConsoleSettings
    database: Database
    pen: Pen
    law: Law


@dataclass(frozen=True, slots=True)
class WorkerContext:
    """The background worker."""

    settings: WorkerSettings
    database: Database
    pen: Pen


@dataclass(frozen=True, slots=True)
class RetentionContext:
    """Whoever archives, prunes and erases, with the role `lookup_retention`; holds no secret but the lane seal."""

    settings: Common
    database: Database
    pen: Pen


def _open(settings: Common) -> Database:
    role, digest = settings.database_role or None, digest_named(settings.log_hash)
    return open_database(settings.database_url, pool=settings.threads, role=role, digest=digest)


def open_citizen(settings: CitizenSettings) -> CitizenContext:
    """Open the citizen process's database (already migrated) and load the law."""
    return CitizenContext(settings, _open(settings), Pen(settings.mac_key, kind=LANE), read_law())


def open_push(settings: PushSettings) -> PushContext:
    """Open the push process's database (already migrated) and load the law."""
    return PushContext(settings, _open(settings), Pen(settings.mac_key, kind=LANE), read_law())


def open_console(settings: ConsoleSettings) -> ConsoleContext:
    """Open the console process's database (already migrated)."""
    return ConsoleContext(settings, _open(settings), Pen(settings.mac_key, kind=LANE), read_law())


def open_worker(settings: WorkerSettings) -> WorkerContext:
    """Open the worker's database (already migrated)."""
    return WorkerContext(settings, _open(settings), Pen(settings.mac_key, kind=SEQUENCER))


def open_retention(settings: Common) -> RetentionContext:
    """Open the database for retention (already migrated)."""
    return RetentionContext(settings, _open(settings), Pen(settings.mac_key, kind=LANE))


def open_upkeep(settings: WorkerSettings) -> RetentionContext | None:
    """Open what the worker needs to seal and prune by itself; None unless there is an archive.

    With roles it takes `lookup_retention`, of which the worker's login must be a member too.
    """
    if not settings.archive:
        return None
    role = "lookup_retention" if settings.database_role else ""
    return open_retention(replace(settings, database_role=role, threads=1))
