"""One incident while arrivals are being judged: its row, its events so far and what they say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from lookup.domain import faults, masking
from lookup.domain.daylist import NOBODY, first_told
from lookup.domain.events import AMENDING, Event
from lookup.domain.fold import persons_since, told_at
from lookup.domain.legality import illegal, needs_story
from lookup.domain.numbers import id_last6_name, phone_last4
from lookup.domain.reference import SecondFact, report_token, second_fact_digest
from lookup.domain.story import Step, Story
from lookup.services import event_json, projection
from lookup.services.arrivals import Client, Fault, Person
from lookup.services.caller import with_caller
from lookup.services.law import Law
from lookup.storage import incidents
from lookup.storage.incidents import IncidentRow

FACT_KINDS = {SecondFact.PHONE_LAST4: 1, SecondFact.ID_LAST6_NAME: 2}
_POINTERS = {"at": "/time", "incident": "/subject", "kind": "/type", "from_": "/data/from"}


class Fact(NamedTuple):
    """What a person can later prove: `role` and `kind` as stored, `told` as `fold.told_at` counts it."""

    kind: int
    digest: bytes
    role: int
    told: int


class IncidentFile:
    """Collects what one transaction will write about one incident; changes nothing by itself."""

    def __init__(
        self, law: Law, number: str, row: IncidentRow | None, bodies: list[str], division: str = ""
    ) -> None:
        """Open the file of `number`: `row` is None for an incident nobody has heard of; `bodies` its stored events.

        `division` is the one that the number itself names, "" for none.
        """
        self.number = number
        self._division = division
        self.row = row
        self.generation = row.generation if row else 1
        self._law = law
        self._events = [event_json.load(body) for body in bodies]
        self._story: Story | None = None
        self._sealed = row.sealed if row else None
        self._open: bool | None = None
        self.facts: set[Fact] = set()
        self.added: list[Event] = []

    @property
    def story(self) -> Story | None:
        """What the events so far say; None while there is none."""
        if self._story is None and self._events:
            self._story = projection.tell_all(self._law, self._events)
        return self._story

    @property
    def new(self) -> bool:
        """Say whether the incident is not in the database yet."""
        return self.row is None

    @property
    def named(self) -> bool:
        """Say whether an event has named the incident; what amends another may only have its number wrong."""
        return any(event.kind not in AMENDING for event in self._events)

    def open_to(self, client: Client) -> bool:
        """Say whether a client may speak of this incident: nobody has yet, or its prefecture is concerned.

        Concerned are the units that spoke of it, even if what they said was struck, those it was transferred to, and
        the division whose number it bears: whoever speaks of it first can not keep that out.
        Asked once: what this client adds in the same transaction does not close the file to it.
        """
        if self._open is None:
            self._open = self._concerns(client)
        return self._open

    def _concerns(self, client: Client) -> bool:
        story = self.story
        if story is None:
            return True
        steps = (*story.history, *story.waiting)
        concerned = {unit for step in steps for unit in (step.unit, step.target) if unit}
        concerned |= {item.step.unit for item in story.struck} | {self._division}
        prefectures = {unit[:4] for unit in concerned}
        return any(p.startswith(unit[:4]) for p in prefectures for unit in client.units)

    def judge(self, event: Event) -> Fault | None:
        """Return why the rulebook of its day forbids `event` here, or None."""
        refusal = illegal(self._law.rules, event, self.story if needs_story(event) else None)
        if refusal is None:
            return None
        pointer = _POINTERS.get(refusal.field, f"/data/{refusal.field}")
        article = refusal.article if any(refusal.article.values()) else None
        return Fault(pointer, refusal.rule, refusal.text, article)

    def add(self, event: Event) -> None:
        """Add a lawful event."""
        self._events.append(event)
        self.added.append(event)
        self._story = None

    def waits(self, event: Event) -> bool:
        """Say whether an event that was added still waits for its predecessor, now that all were added."""
        story = self.story
        return story is None or any(s.source == event.source and s.id == event.id for s in story.waiting)

    def meet(self, person: Person, event: Event, pepper: bytes, seal_key: bytes) -> None:
        """Turn what a person whom `event` names can later prove into digests, and seal the caller's number, masked."""
        told = told_at(event)
        if person.phone:
            self._prove(person.role, SecondFact.PHONE_LAST4, phone_last4(person.phone[-4:]), pepper, told)
            if person.role == "reporter":
                self._sealed = with_caller(self._sealed, told, masking.phone(person.phone), seal_key)
        if person.id_number and person.name and person.role in ("victim", "complainant"):
            proof = id_last6_name(person.id_number[-6:], person.name)
            self._prove(person.role, SecondFact.ID_LAST6_NAME, proof, pepper, told)

    def _prove(
        self, role: str, kind: SecondFact, value: str | faults.Fault, pepper: bytes, told: int
    ) -> None:
        if isinstance(value, faults.Fault):
            raise ValueError("the web layer hands over only persons whose numbers it has read")
        digest = second_fact_digest(pepper, kind, self.number, value)
        self.facts.add(Fact(FACT_KINDS[kind], digest, incidents.ROLES[role], told))

    def first_row(self, pepper: bytes, now: int) -> Mapping[str, Any]:
        """Return the row of a new incident."""
        first = min(self.added, key=lambda event: event.at)
        return {
            "number": self.number,
            "token": report_token(pepper, self.number),
            **self._projection(first.unit, now),
        }

    def projection_row(self, now: int) -> Mapping[str, Any]:
        """Return the columns of a known incident that the new events change."""
        if self.row is None:
            raise RuntimeError("a new incident has no row to change")
        return {"id_": self.row.id, **self._projection(self.row.unit, now)}

    def _projection(self, unit: str, now: int) -> Mapping[str, Any]:
        story = self.story
        if story is None:
            raise RuntimeError("a projection needs an incident with at least one event")
        return {
            "unit": story.unit or unit,
            "updated": now,
            "rules": self._law.digest,
            "story": projection.dump(story),
            "withheld": bool(story.withheld),
            "sealed": self._sealed,
            "waiting": projection.waiting_since(story),
            **_listing(first_told(story), self._events),
            **_named_anew(self._events),
        }


def _named_anew(events: Sequence[Event]) -> Mapping[str, Any]:
    """Return the columns that say since when persons of each role count."""
    since = persons_since(events)
    return {f"{role}_since": since.get(role, 0) for role in incidents.ROLES}


def _listing(first: Step | None, events: Sequence[Event]) -> Mapping[str, Any]:
    """Return the columns by which an incident is on a source's list of a day."""
    at = min(event.at for event in events) if first is None else first.at
    return {
        "reported": int(at.timestamp() * 1_000_000),
        "origin": first.unit if first else NOBODY,
        "source": first.source if first else NOBODY,
    }
