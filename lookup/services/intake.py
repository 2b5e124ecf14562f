"""Judging arrivals against what is there and writing what they change, in the transaction of a use case."""

from __future__ import annotations

import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from lookup.domain.events import AMENDING, Event, Kind
from lookup.domain.numbers import division, incident_shape
from lookup.domain.quarantine import State
from lookup.domain.reference import report_token
from lookup.services import event_json
from lookup.services.actors import client_token
from lookup.services.arrivals import Arrival, Client, Fault, Result
from lookup.services.contexts import Judging
from lookup.services.incident_file import IncidentFile
from lookup.services.intake_faults import CONFLICT, FOREIGN
from lookup.services.shelf import Ended, Shelf
from lookup.storage import incidents
from lookup.storage.database import Transaction
from lookup.storage.lanes import Draft, append, now_us
from lookup.storage.quarantine import Item


class _Taken(NamedTuple):
    """An event that was taken just now; `generation` of the reference that its answer brings, if it brings one."""

    event: Event
    digest: bytes
    generation: int | None


@dataclass
class Intake:
    """The arrivals of one client in one transaction; `replayed` are the items that a replay judges again."""

    context: Judging
    client: Client
    conn: Transaction
    arrivals: Sequence[Arrival]
    replayed: Sequence[Item] = ()
    files: dict[str, IncidentFile] = field(default_factory=dict)
    seen: dict[tuple[str, str], tuple[bytes, str, str | None]] = field(default_factory=dict)
    taken: dict[tuple[str, str], _Taken] = field(default_factory=dict)
    now: int = field(default_factory=now_us)
    detail: dict[str, str] = field(init=False)
    shelf: Shelf = field(init=False)

    def __post_init__(self) -> None:
        self.detail = {"client": self.client.id}

    def run(self) -> list[Result]:
        """Take what can be taken, keep the rest, and leave an entry for each arrival; returns the results in order."""
        results = self._judge_all()
        self._write()
        settled = map(self._settled, self.shelf.write())
        places = append(self.conn, self.context.pen, *map(self._draft, results), *settled)
        return [replace(result, entry=str(place)) for result, place in zip(results, places, strict=False)]

    def replay(self) -> list[Result | None]:
        """Do what `run` does for items still open, without entries for arrivals: nobody has pushed them just now."""
        self._open_files()
        pairs = zip(self.arrivals, self.replayed, strict=True)
        taken = [self._take(arrival) if self.shelf.is_open(item.id) else None for arrival, item in pairs]
        results = [result and self._told(result) for result in taken]
        self._write()
        settled = [self._settled(each) for each in self.shelf.write() if each.state is State.SETTLED]
        if settled:
            append(self.conn, self.context.pen, *settled)
        return results

    def rehearse(self) -> list[Result]:
        """Return what `run` would answer now, without references; keeps nothing but one ledger entry."""
        results = self._judge_all()
        actor = client_token(self.context.settings.pepper, self.client.id)
        detail: dict[str, str | int] = {"client": self.client.id, "dry_run": len(results)}
        append(self.conn, self.context.pen, Draft("push.batch", "succeeded", actor, None, None, detail))
        return results

    def _judge_all(self) -> list[Result]:
        self._open_files()
        return [self._told(result) for result in [self._take(arrival) for arrival in self.arrivals]]

    def _open_files(self) -> None:
        self.shelf = Shelf(self.conn, self.client, self.arrivals, self.now, self.replayed)
        numbers = sorted({a.event.incident for a in self.arrivals if a.event})
        rows = incidents.lock(self.conn, numbers)
        # Only now, so that what came to these incidents while the lock was waited for is seen.
        known = incidents.events_by_id(self.conn, [(a.source, a.id) for a in self.arrivals])
        bodies = incidents.events_of(self.conn, [row.id for row in rows.values()])
        by_id = {row.id: row.number for row in rows.values()}
        for key, row in known.items():
            incident = by_id.get(row.incident) or json.loads(row.body)["incident"]
            self.seen[key] = (row.digest, row.answer, incident)
        shape = incident_shape(self.context.settings.incident_pattern)
        for number in numbers:
            found = rows.get(number)
            told = bodies[found.id] if found else []
            self.files[number] = IncidentFile(self.context.law, number, found, told, division(number, shape))

    def _take(self, arrival: Arrival) -> Result:
        digest = hmac.digest(self.context.settings.pepper, b"event\0" + arrival.body, "sha256")
        before = self.seen.get((arrival.source, arrival.id))
        if before is not None:
            return self._repeat(arrival, digest, *before)
        if arrival.event is None or arrival.fault is not None:
            return self._keep(arrival, digest, arrival.fault or CONFLICT, "quarantined")
        file = self.files[arrival.event.incident]
        fault = FOREIGN if not file.open_to(self.client) else self.shelf.fault(arrival)
        fault = fault or file.judge(arrival.event)
        if fault is not None:
            return self._keep(arrival, digest, fault, "quarantined")
        return self._accept(arrival, arrival.event, digest, file)

    def _repeat(
        self, arrival: Arrival, digest: bytes, known: bytes, answer: str, number: str | None
    ) -> Result:
        same = hmac.compare_digest(digest, known)
        self.shelf.known(arrival, digest, conflict=not same)
        if not same:
            return self._keep(arrival, digest, CONFLICT, "conflict")
        now = self.taken.get((arrival.source, arrival.id))
        told: dict[str, Any] = {"outcome": "", "generation": now.generation} if now else json.loads(answer)
        first, generation = told["outcome"], told["generation"]
        return Result(arrival.source, arrival.id, "duplicate", first, incident=number, generation=generation)

    def _told(self, result: Result) -> Result:
        """Say of a taken event whether it waits, now that all that came with it are there."""
        taken = self.taken.get((result.source, result.id))
        if taken is None or result.outcome not in ("accepted", "duplicate"):
            return result
        original = self._original(taken.event)
        outcome = "duplicate" if result.outcome == "duplicate" else original
        return replace(result, outcome=outcome, original=original)

    def _original(self, event: Event) -> str:
        return "waiting" if self.files[event.incident].waits(event) else "accepted"

    def _accept(self, arrival: Arrival, event: Event, digest: bytes, file: IncidentFile) -> Result:
        generation = None if file.named or event.kind in AMENDING else file.generation
        for person in () if event.kind is Kind.RETRACTION else arrival.persons:
            file.meet(person, event, self.context.settings.pepper, self.context.settings.seal_key)
        file.add(event)
        self.seen[arrival.source, arrival.id] = (digest, "", event.incident)
        self.taken[arrival.source, arrival.id] = _Taken(event, digest, generation)
        self.shelf.taken(arrival, digest)
        return Result(
            arrival.source, arrival.id, "accepted", "accepted", incident=event.incident, generation=generation
        )

    def _event_row(self, taken: _Taken, incident: int) -> dict[str, Any]:
        event = taken.event
        answer = {"outcome": self._original(event), "generation": taken.generation}
        return {
            "incident": incident,
            "source": event.source,
            "id": event.id,
            "at": int(event.at.timestamp() * 1_000_000),
            "received": self.now,
            "client": self.client.id,
            "sequence": event.sequence,
            "digest": taken.digest,
            "body": event_json.dump(event),
            "answer": json.dumps(answer),
        }

    def _keep(self, arrival: Arrival, digest: bytes, fault: Fault, outcome: str) -> Result:
        self.shelf.refuse(arrival, digest, fault, self.context.settings.seal_key)
        return Result(arrival.source, arrival.id, outcome, outcome, fault)

    def _write(self) -> None:
        touched = [file for file in self.files.values() if file.added]
        pepper = self.context.settings.pepper
        fresh = [file.first_row(pepper, self.now) for file in touched if file.new]
        incidents.project(self.conn, [file.projection_row(self.now) for file in touched if not file.new])
        ids = {file.number: file.row.id for file in touched if file.row}
        ids |= incidents.create(self.conn, fresh)
        new = sorted(self.taken.items())  # in one order, as incidents: nobody waits in a circle
        rows = [self._event_row(taken, ids[taken.event.incident]) for _, taken in new]
        incidents.add_events(self.conn, rows)
        facts = [fact._asdict() | {"incident": ids[f.number]} for f in touched for fact in f.facts]
        incidents.add_facts(self.conn, facts)

    def _draft(self, result: Result) -> Draft:
        pepper = self.context.settings.pepper
        report = report_token(pepper, result.incident) if result.incident else None
        detail = self.detail if result.fault is None else self.detail | {"rule": result.fault.rule}
        outcome = "accepted" if result.outcome == "waiting" else result.outcome
        return Draft("push.event", outcome, client_token(pepper, self.client.id), report, None, detail)

    def _settled(self, ended: Ended) -> Draft:
        pepper = self.context.settings.pepper
        report = report_token(pepper, ended.incident) if ended.incident else None
        detail: dict[str, str | int] = {"client": self.client.id, "act": "settle", "item": ended.item}
        return Draft(
            "push.quarantine", "succeeded", client_token(pepper, self.client.id), report, None, detail
        )
