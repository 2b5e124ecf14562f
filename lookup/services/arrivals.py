"""What comes in by push and what is answered, as values; the web layer makes the first and prints the second."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lookup.domain.events import Event
from lookup.services.references import Reference


@dataclass(frozen=True, slots=True)
class Client:
    """A registered source (来源系统). `units` are the unit-code prefixes it may speak for; empty `kinds`: all kinds.

    `source` is the CloudEvents source URI under which it, and nobody else, sends.
    """

    id: str
    name: str
    units: tuple[str, ...]
    kinds: tuple[str, ...] = ()
    source: str = ""

    def speaks_for(self, unit: str) -> bool:
        """Say whether a unit code lies within its scope."""
        return unit.startswith(self.units)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody concerned; role reporter (报案人), victim (被害人) or complainant (控告人). Digested at once."""

    role: str
    phone: str | None = None
    id_number: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """Why an event was refused: JSON pointer of the field, rule, text and article (None: no law) per language."""

    field: str
    rule: str
    text: Mapping[str, str]
    article: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """One event of a known client as it came. `event` is None where `fault` says it could not be understood.

    `sequence` is the number it carries then, where at least that can be read.
    `supersedes` is the id of the refused event of this source that it mends, when it comes under another id.
    """

    source: str
    id: str
    body: bytes
    event: Event | None
    persons: tuple[Person, ...] = ()
    fault: Fault | None = None
    sequence: int | None = None
    supersedes: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What became of an arrival.

    `outcome`: accepted, waiting (it does not fit what has arrived yet), duplicate, conflict or quarantined.
    `original` is what was answered the first time; `reference` comes with the first event of the incident that
    amends no other, and with its repetitions; `generation` is which one. `entry` is the ledger place `writer-seq`.
    """

    source: str
    id: str
    outcome: str
    original: str
    fault: Fault | None = None
    incident: str | None = None
    reference: Reference | None = None
    generation: int | None = None
    entry: str = ""
