"""Taking state events (状态事件) from a police system: each once, in any order, nothing signed is ever dropped.

One transaction for all arrivals: events, projections, second facts, quarantine and ledger entries stand or
fall together. The web layer has authenticated the client and parsed the wire form before.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from lookup.domain.events import Event
from lookup.domain.quarantine import State
from lookup.domain.reference import report_token
from lookup.services import event_json
from lookup.services.actors import client_token
from lookup.services.arrivals import Arrival, Client, Fault, Result
from lookup.services.authenticate_client import Nonce, spend
from lookup.services.contexts import Judging, PushContext
from lookup.services.incident_file import IncidentFile
from lookup.services.intake_faults import CONFLICT, FOREIGN
from lookup.services.references import Reference, issue
from lookup.services.shelf import Again, Ended, Shelf
from lookup.storage import incidents
from lookup.storage.database import Collision, Database, Transaction
from lookup.storage.lanes import Draft, append, now_us
from lookup.storage.quarantine import Item

T = TypeVar("T")
_TRIES = 3


def accept_events(context: PushContext, client: Client, arrivals: Sequence[Arrival]) -> list[Result]:
    """Take all arrivals of one client in one durable transaction and answer each in order.

    Two clients that create the same incident at once meet at a unique key; the later one starts again.
    """
    return try_again(
        context.database, lambda conn: _referred(context, _Intake(context, client, conn, arrivals).run())
    )


def accept_signed(
    context: PushContext, client: Client, arrivals: Sequence[Arrival], nonce: Nonce, *, dry: bool = False
) -> list[Result] | None:
    """Take (`dry`: only rehearse) what a signed request carries and use up its nonce in the same transaction.

    None for a replay: nothing was judged and nothing is kept. A refused or quarantined event has used up its nonce.
    """

    def once(conn: Transaction) -> list[Result] | None:
        if not spend(conn, nonce):
            return None
        intake = _Intake(context, client, conn, arrivals)
        return intake.rehearse() if dry else _referred(context, intake.run())

    return try_again(context.database, once)


def accept_again(
    context: Judging, client: Client, conn: Transaction, again: Sequence[Again]
) -> list[Result | None]:
    """Judge kept events of one client once more exactly as a push would, in the caller's transaction.

    What is taken ends its item; what is refused again stays, with its new reason. The caller writes the entries
    of the replay itself; those of items that were settled on the way are written here.
    """
    return _Intake(
        context, client, conn, [each.arrival for each in again], [each.item for each in again]
    ).replay()


def _referred(context: PushContext, results: list[Result]) -> list[Result]:
    """Add the reference to each result that brings one."""
    return [
        replace(result, reference=_reference(context, result.incident, result.generation))
        if result.incident is not None and result.generation is not None
        else result
        for result in results
    ]


def _reference(context: PushContext, number: str, generation: int) -> Reference:
    return issue(context.settings, number, report_token(context.settings.pepper, number), generation)


def try_again(database: Database, work: Callable[[Transaction], T]) -> T:
    """Do some work in a transaction, from the beginning once more when another one took a key that it needs."""
    for remaining in reversed(range(_TRIES)):
        try:
            with database.write() as conn:
                return work(conn)
        except Collision:
            if remaining == 0:
                raise
    raise AssertionError("unreachable")


@dataclass
class _Intake:
    context: Judging
    client: Client
    conn: Transaction
    arrivals: Sequence[Arrival]
    replayed: Sequence[Item] = ()
    files: dict[str, IncidentFile] = field(default_factory=dict)
    seen: dict[tuple[str, str], tuple[bytes, str, str | None]] = field(default_factory=dict)
    event_rows: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    now: int = field(default_factory=now_us)
    shelf: Shelf = field(init=False)

    def run(self) -> list[Result]:
        results = self.judge_all()
        self._write()
        settled = map(self._settled, self.shelf.write())
        places = append(self.conn, self.context.pen, *map(self._draft, results), *settled)
        return [replace(result, entry=str(place)) for result, place in zip(results, places, strict=False)]

    def replay(self) -> list[Result | None]:
        """Do what `run` does for items still open, without entries for arrivals: nobody has pushed them just now."""
        self._open_files()
        pairs = zip(self.arrivals, self.replayed, strict=True)
        results = [self._take(arrival) if self.shelf.is_open(item.id) else None for arrival, item in pairs]
        self._write()
        settled = [self._settled(each) for each in self.shelf.write() if each.state is State.SETTLED]
        if settled:
            append(self.conn, self.context.pen, *settled)
        return results

    def rehearse(self) -> list[Result]:
        """Return what `run` would answer now, without references; keeps nothing but one ledger entry."""
        results = self.judge_all()
        actor = client_token(self.context.settings.pepper, self.client.id)
        detail: dict[str, str | int] = {"client": self.client.id, "dry_run": len(results)}
        append(self.conn, self.context.pen, Draft("push.batch", "succeeded", actor, None, None, detail))
        return results

    def judge_all(self) -> list[Result]:
        self._open_files()
        return [self._take(arrival) for arrival in self.arrivals]

    def _open_files(self) -> None:
        self.shelf = Shelf(self.conn, self.arrivals, self.now, self.replayed)
        known = incidents.events_by_id(self.conn, [(a.source, a.id) for a in self.arrivals])
        numbers = sorted({a.event.incident for a in self.arrivals if a.event})
        rows = incidents.lock(self.conn, numbers)
        bodies = incidents.events_of(self.conn, [row.id for row in rows.values()])
        by_id = {row.id: row.number for row in rows.values()}
        for key, row in known.items():
            incident = by_id.get(row.incident) or json.loads(row.body)["incident"]
            self.seen[key] = (row.digest, row.answer, incident)
        for number in numbers:
            found = rows.get(number)
            file = IncidentFile(self.context.law, number, found, bodies[found.id] if found else [])
            self.files[number] = file

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
        told = json.loads(answer)
        first, generation = told["outcome"], told["generation"]
        return Result(arrival.source, arrival.id, "duplicate", first, incident=number, generation=generation)

    def _accept(self, arrival: Arrival, event: Event, digest: bytes, file: IncidentFile) -> Result:
        first = file.new and not file.added
        for person in arrival.persons:
            file.meet(person, self.context.settings.pepper, self.context.settings.seal_key)
        outcome = "accepted" if file.add(event) else "waiting"
        answer = file.answer(outcome, first)
        self.seen[arrival.source, arrival.id] = (digest, answer, event.incident)
        self.shelf.taken(arrival, digest)
        self.event_rows.append((event.incident, self._event_row(event, digest, answer)))
        generation = file.generation if first else None
        return Result(
            arrival.source, arrival.id, outcome, outcome, incident=event.incident, generation=generation
        )

    def _event_row(self, event: Event, digest: bytes, answer: str) -> dict[str, Any]:
        return {
            "source": event.source,
            "id": event.id,
            "at": int(event.at.timestamp() * 1_000_000),
            "received": self.now,
            "client": self.client.id,
            "sequence": event.sequence,
            "digest": digest,
            "body": event_json.dump(event),
            "answer": answer,
        }

    def _keep(self, arrival: Arrival, digest: bytes, fault: Fault, outcome: str) -> Result:
        self.shelf.refuse(self.client, arrival, digest, fault, self.context.settings.seal_key)
        return Result(arrival.source, arrival.id, outcome, outcome, fault)

    def _write(self) -> None:
        touched = [file for file in self.files.values() if file.added]
        pepper = self.context.settings.pepper
        incidents.create(self.conn, [file.first_row(pepper) for file in touched if file.new])
        fresh = incidents.lock(self.conn, [file.number for file in touched if file.new])
        for number, row in fresh.items():
            self.files[number].row = row
        ids = {file.number: file.row.id for file in touched if file.row}
        incidents.add_events(self.conn, [{**row, "incident": ids[number]} for number, row in self.event_rows])
        facts = [(ids[f.number], kind, digest) for f in touched for kind, digest in f.facts]
        incidents.add_facts(self.conn, [{"incident": i, "kind": k, "digest": d} for i, k, d in facts])
        incidents.project(self.conn, [file.projection_row(self.now) for file in touched])

    def _draft(self, result: Result) -> Draft:
        pepper = self.context.settings.pepper
        report = report_token(pepper, result.incident) if result.incident else None
        detail = {"client": self.client.id}
        if result.fault is not None:
            detail["rule"] = result.fault.rule
        outcome = "accepted" if result.outcome == "waiting" else result.outcome
        return Draft("push.event", outcome, client_token(pepper, self.client.id), report, None, detail)

    def _settled(self, ended: Ended) -> Draft:
        pepper = self.context.settings.pepper
        report = report_token(pepper, ended.incident) if ended.incident else None
        detail: dict[str, str | int] = {"client": self.client.id, "act": "settle", "item": ended.item}
        return Draft(
            "push.quarantine", "succeeded", client_token(pepper, self.client.id), report, None, detail
        )
