"""Taking state events (状态事件) from a police system: each once, in any order, nothing signed is ever dropped.

One transaction for all arrivals: events, projections, second facts, quarantine and ledger entries stand or
fall together. The web layer has authenticated the client and parsed the wire form before.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from lookup.domain.events import Event
from lookup.domain.reference import report_token
from lookup.services import event_json
from lookup.services.actors import client_token
from lookup.services.arrivals import Arrival, Client, Fault, Result
from lookup.services.authenticate_client import Nonce, spend
from lookup.services.contexts import PushContext
from lookup.services.incident_file import IncidentFile
from lookup.services.references import issue
from lookup.services.sealing import seal
from lookup.storage import incidents, quarantine
from lookup.storage.database import Collision, Transaction
from lookup.storage.lanes import Draft, append, now_us

QUARANTINE_PURPOSE = "quarantine"
T = TypeVar("T")
_TRIES = 3
_FOREIGN = Fault(
    "/subject",
    "scope.incident",
    {
        "zh-Hans": "这起警情属于其他地区，也没有移送给本客户端的单位。",
        "en": "This incident belongs to another prefecture and was not transferred to a unit of this client.",
    },
)
_CONFLICT = Fault(
    "/id",
    "event.id_reused",
    {
        "zh-Hans": "同一来源已用这个编号发送过内容不同的事件。请核对后换一个新编号发送，或发送更正事件。",
        "en": "This source has already sent a different event under this id. Use a new id, or send a correction.",
    },
)


def accept_events(context: PushContext, client: Client, arrivals: Sequence[Arrival]) -> list[Result]:
    """Take all arrivals of one client in one durable transaction and answer each in order.

    Two clients that create the same incident at once meet at a unique key; the later one starts again.
    """
    return _again(context, lambda conn: _Intake(context, client, conn, arrivals).run())


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
        return intake.rehearse() if dry else intake.run()

    return _again(context, once)


def _again(context: PushContext, work: Callable[[Transaction], T]) -> T:
    for remaining in reversed(range(_TRIES)):
        try:
            with context.database.write() as conn:
                return work(conn)
        except Collision:
            if remaining == 0:
                raise
    raise AssertionError("unreachable")


@dataclass
class _Intake:
    context: PushContext
    client: Client
    conn: Transaction
    arrivals: Sequence[Arrival]
    files: dict[str, IncidentFile] = field(default_factory=dict)
    seen: dict[tuple[str, str], tuple[bytes, str, str | None]] = field(default_factory=dict)
    event_rows: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    kept: list[Mapping[str, Any]] = field(default_factory=list)
    now: int = field(default_factory=now_us)

    def run(self) -> list[Result]:
        results = self.judge_all()
        self._write()
        places = append(self.conn, self.context.pen, *map(self._draft, results))
        return [replace(result, entry=str(place)) for result, place in zip(results, places, strict=True)]

    def rehearse(self) -> list[Result]:
        """Return what `run` would answer now, without references; keeps nothing but one ledger entry."""
        results = self.judge_all()
        actor = client_token(self.context.settings.pepper, self.client.id)
        detail: dict[str, str | int] = {"client": self.client.id, "dry_run": len(results)}
        append(self.conn, self.context.pen, Draft("push.batch", "succeeded", actor, None, None, detail))
        return [replace(result, reference=None) for result in results]

    def judge_all(self) -> list[Result]:
        self._open_files()
        return [self._take(arrival) for arrival in self.arrivals]

    def _open_files(self) -> None:
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
            return self._keep(arrival, digest, arrival.fault or _CONFLICT, "quarantined")
        file = self.files[arrival.event.incident]
        fault = file.judge(arrival.event) if file.open_to(self.client) else _FOREIGN
        if fault is not None:
            return self._keep(arrival, digest, fault, "quarantined")
        return self._accept(arrival, arrival.event, digest, file)

    def _repeat(
        self, arrival: Arrival, digest: bytes, known: bytes, answer: str, number: str | None
    ) -> Result:
        if not hmac.compare_digest(digest, known):
            return self._keep(arrival, digest, _CONFLICT, "conflict")
        told = json.loads(answer)
        result = Result(arrival.source, arrival.id, "duplicate", told["outcome"], incident=number)
        return self._refer(result, number, told["generation"])

    def _accept(self, arrival: Arrival, event: Event, digest: bytes, file: IncidentFile) -> Result:
        first = file.new and not file.added
        for person in arrival.persons:
            file.meet(person, self.context.settings.pepper, self.context.settings.seal_key)
        outcome = "accepted" if file.add(event) else "waiting"
        answer = file.answer(outcome, first)
        self.seen[arrival.source, arrival.id] = (digest, answer, event.incident)
        self.event_rows.append((event.incident, self._event_row(event, digest, answer)))
        result = Result(arrival.source, arrival.id, outcome, outcome, incident=event.incident)
        return self._refer(result, event.incident, file.generation if first else None)

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

    def _refer(self, result: Result, number: str | None, generation: int | None) -> Result:
        if number is None or generation is None:
            return result
        token = report_token(self.context.settings.pepper, number)
        return replace(result, reference=issue(self.context.settings, number, token, generation))

    def _keep(self, arrival: Arrival, digest: bytes, fault: Fault, outcome: str) -> Result:
        problem = {
            "field": fault.field,
            "rule": fault.rule,
            "article": dict(fault.article) if fault.article else None,
            "text": dict(fault.text),
        }
        self.kept.append(
            {
                "client": self.client.id,
                "source": arrival.source,
                "event": arrival.id,
                "received": self.now,
                "digest": digest,
                "sequence": arrival.event.sequence if arrival.event else arrival.sequence,
                "problem": json.dumps(problem, ensure_ascii=False),
                "sealed": seal(self.context.settings.seal_key, QUARANTINE_PURPOSE, arrival.body),
            }
        )
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
        quarantine.keep(self.conn, self.kept)

    def _draft(self, result: Result) -> Draft:
        pepper = self.context.settings.pepper
        report = report_token(pepper, result.incident) if result.incident else None
        detail = {"client": self.client.id}
        if result.fault is not None:
            detail["rule"] = result.fault.rule
        outcome = "accepted" if result.outcome == "waiting" else result.outcome
        return Draft("push.event", outcome, client_token(pepper, self.client.id), report, None, detail)
