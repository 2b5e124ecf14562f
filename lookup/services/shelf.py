"""What lies in quarantine while arrivals are being judged: refused events go in, taken ones settle what they mend.

The items concerned are locked before anything else in the transaction, in the order of their ids, so that a mended
event and a replay of the same item meet here and the later one finds it ended.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from lookup.domain.quarantine import UNTAKEN, State, may_become
from lookup.services.arrivals import Arrival, Client, Fault
from lookup.services.intake_faults import ENDED, REUSED, UNKNOWN
from lookup.services.sealing import seal
from lookup.storage import quarantine
from lookup.storage.database import Transaction
from lookup.storage.quarantine import Item

QUARANTINE_PURPOSE = "quarantine"


class Again(NamedTuple):
    """A kept event that is to be judged again, and the item it lies in."""

    arrival: Arrival
    item: Item


class Ended(NamedTuple):
    """An item that left quarantine in this transaction, and the incident of the event that was taken for it."""

    item: int
    state: State
    incident: str | None


class Shelf:
    """The items that some arrivals concern; changes nothing before `write`."""

    def __init__(
        self,
        conn: Transaction,
        client: Client,
        arrivals: Sequence[Arrival],
        now: int,
        replayed: Sequence[Item] = (),
    ) -> None:
        """Lock what the arrivals of a client may end; `replayed` are the items that a replay judges again."""
        self._conn, self._client, self._now = conn, client, now
        self._replay = bool(replayed)
        self._items: dict[int, Item] = {}
        self._sealed: dict[int, bytes] = {}
        self._sequence: dict[int, int | None] = {}
        self._touched: set[int] = set()
        self._ended: dict[int, str | None] = {}
        if replayed or any(a.supersedes for a in arrivals) or quarantine.untaken(conn, client.id):
            self._hold(arrivals, replayed)
        self._by_event: dict[tuple[str, str], list[int]] = {}
        self._by_digest: dict[bytes, list[int]] = {}
        for item in self._items.values():
            self._index(item)

    def _index(self, item: Item) -> None:
        self._by_event.setdefault((item.source, item.event), []).append(item.id)
        self._by_digest.setdefault(item.digest, []).append(item.id)

    def _hold(self, arrivals: Sequence[Arrival], replayed: Sequence[Item]) -> None:
        wanted: dict[str, set[str]] = {}
        for arrival in arrivals:
            wanted.setdefault(arrival.source, set()).update(filter(None, (arrival.id, arrival.supersedes)))
        for item in replayed:
            wanted.setdefault(item.source, set()).add(item.event)
        for source, events in wanted.items():
            for item in quarantine.hold(self._conn, source, sorted(events)):
                self._items[item.id] = item

    def is_open(self, id_: int) -> bool:
        """Say whether an item is still to be settled, now that it is locked."""
        return id_ in self._items and self._items[id_].state == State.OPEN

    def fault(self, arrival: Arrival) -> Fault | None:
        """Return why an event can not supersede what it names, or None."""
        if arrival.supersedes is None:
            return None
        named = self._under(arrival.source, (arrival.supersedes,))
        if not named:
            return UNKNOWN
        return None if any(item.state in UNTAKEN for item in named) else ENDED

    def taken(self, arrival: Arrival, digest: bytes) -> None:
        """End every item that an event, now taken, stands for: under its own id and under the id it supersedes."""
        incident = arrival.event.incident if arrival.event else None
        for item in self._matching(arrival, digest):
            again = self._replay and item.digest == digest
            self._end(item, State.REPLAYED if again else State.SETTLED, arrival.id, incident)

    def known(self, arrival: Arrival, digest: bytes, conflict: bool) -> None:
        """End the item of a replay whose event had been taken meanwhile, as it is or mended under the same id."""
        for item in self._matching(arrival, digest) if self._replay else ():
            if item.digest == digest and not (conflict and item.rule == REUSED):
                state = State.SETTLED if conflict else State.REPLAYED
                self._end(item, state, arrival.id, None)

    def refuse(self, arrival: Arrival, digest: bytes, fault: Fault, seal_key: bytes) -> None:
        """Keep a refused event with its reason; one that lies here already gets the new reason and is open again."""
        lying = self._same(arrival, digest)
        for item in lying:
            if item.id not in self._ended and State(item.state) in UNTAKEN:
                self._put(self._refused(item, fault))
        if not lying:
            new = Item(
                -1 - len(self._sealed), self._client.id, arrival.source, arrival.id, self._now, self._now, digest,
                "", "", _unit(self._client, arrival), State.OPEN, "", "", None,
            )  # fmt: skip
            self._sequence[new.id] = arrival.event.sequence if arrival.event else arrival.sequence
            self._sealed[new.id] = seal(seal_key, QUARANTINE_PURPOSE, arrival.body)
            self._items[new.id] = self._refused(new, fault)
            self._index(new)

    def _refused(self, item: Item, fault: Fault) -> Item:
        return item._replace(
            problem=_problem(fault),
            rule=fault.rule,
            judged=self._now,
            state=State.OPEN,
            ended=None,
            reason="",
        )

    def write(self) -> list[Ended]:
        """Store everything; returns the items that have left quarantine."""
        quarantine.keep(self._conn, [self._row(id_) for id_ in self._sealed])
        quarantine.change(self._conn, [self._items[id_] for id_ in sorted(self._touched)])
        numbers = self._numbers()
        return [
            Ended(numbers.get(id_, id_), State(self._items[id_].state), incident)
            for id_, incident in self._ended.items()
        ]

    def _row(self, id_: int) -> dict[str, Any]:
        row = self._items[id_]._asdict() | {"sealed": self._sealed[id_], "sequence": self._sequence[id_]}
        del row["id"]
        return row

    def _numbers(self) -> dict[int, int]:
        """Return the ids of items that came and went in this very transaction: they have been numbered just now.

        Asked once for all: many may lie under one event id, and each question would bring all of them.
        """
        fresh = [self._items[id_] for id_ in self._ended if id_ < 0]
        found: dict[tuple[str, str, bytes], int] = {}
        for source in {item.source for item in fresh}:
            events = sorted({item.event for item in fresh if item.source == source})
            for item in quarantine.hold(self._conn, source, events):
                found[item.source, item.event, item.digest] = item.id
        return {item.id: found[item.source, item.event, item.digest] for item in fresh}

    def _same(self, arrival: Arrival, digest: bytes) -> list[Item]:
        """Return the items that hold this very event; a replay finds it under another id as well."""
        same = [self._items[id_] for id_ in self._by_digest.get(digest, ())]
        names = (arrival.id, arrival.supersedes)
        under = [item for item in same if item.source == arrival.source and item.event in names]
        return under or (same if self._replay else [])

    def _matching(self, arrival: Arrival, digest: bytes) -> list[Item]:
        found = self._under(arrival.source, (arrival.id, arrival.supersedes))
        if self._replay and not any(item.digest == digest for item in found):
            found += [item for item in self._items.values() if item.digest == digest]
        return found

    def _under(self, source: str, events: Collection[str | None]) -> list[Item]:
        ids = {id_ for event in events if event for id_ in self._by_event.get((source, event), ())}
        return [self._items[id_] for id_ in sorted(ids)]

    def _end(self, item: Item, state: State, event: str, incident: str | None) -> None:
        if may_become(State(item.state), state):
            self._put(item._replace(state=state, settled=event, reason="", ended=self._now))
            self._ended[item.id] = incident

    def _put(self, item: Item) -> None:
        self._items[item.id] = item
        if item.id > 0:
            self._touched.add(item.id)


def _problem(fault: Fault) -> str:
    told = {
        "field": fault.field,
        "rule": fault.rule,
        "article": dict(fault.article) if fault.article else None,
        "text": dict(fault.text),
    }
    return json.dumps(told, ensure_ascii=False)


def _unit(client: Client, arrival: Arrival) -> str:
    unit = arrival.event.unit if arrival.event else ""
    return unit if client.speaks_for(unit) else ""
