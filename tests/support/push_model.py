"""A simple model of what the push service keeps: dictionaries of events taken and events refused, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

UNTAKEN = ("open", "closed", "withdrawn")
STATES = ("J10", "J20", "J30", "J40")


class Sent(NamedTuple):
    """One event as the model knows it: its id, a name for its exact content, and what that content is.

    `kind` is step, bad (a state that no rulebook has), correction, retraction (of the event `target`) or unreadable.
    """

    id: str
    content: str
    kind: str
    incident: int = 0
    step: int = 0
    supersedes: str | None = None
    target: str = ""


@dataclass
class Lying:
    """A refused event."""

    sent: Sent
    rule: str
    state: str = "open"
    settled: str = ""


@dataclass
class Model:
    """What is taken and what lies in quarantine. `open_scope`: whether the client may speak for the unit now."""

    open_scope: bool = True
    taken: dict[str, tuple[Sent, str]] = field(default_factory=dict)
    lying: list[Lying] = field(default_factory=list)
    acts: list[str] = field(default_factory=list)

    def live(self, incident: int) -> set[int]:
        """The steps of an incident that were taken and not retracted."""
        mine = [sent for sent, _ in self.taken.values() if sent.incident == incident]
        gone = {sent.target for sent in mine if sent.kind == "retraction"}
        return {sent.step for sent in mine if sent.kind == "step" and sent.id not in gone}

    def doubles(self, several: list[Sent]) -> bool:
        """Whether one of these could take a step a second time: what the law says then is no matter of this model."""
        fresh = {(s.incident, s.step, s.id) for s in several if s.kind == "step" and s.id not in self.taken}
        places = [(incident, step) for incident, step, _ in fresh]
        taken = any(step in self.live(incident) for incident, step in places)
        return taken or len(places) > len(set(places))

    def state(self, incident: int) -> str:
        """The state that an incident has reached: the last of its unbroken steps."""
        live = self.live(incident)
        reached = next(n for n in range(len(STATES) + 1) if n not in live)
        return STATES[reached - 1] if reached else ""

    def push(self, several: list[Sent]) -> list[str]:
        """Take or refuse the events of one request; returns the outcomes, told when all are there."""
        return self._told([(sent, self._push(sent)) for sent in several])

    def _told(self, done: list[tuple[Sent, str]]) -> list[str]:
        for sent, _ in done:
            if self.taken.get(sent.id) == (sent, ""):
                placed = sent.kind != "step" or set(range(sent.step)) <= self.live(sent.incident)
                self.taken[sent.id] = (sent, "accepted" if placed else "waiting")
        return [outcome or self.taken[sent.id][1] for sent, outcome in done]

    def _push(self, sent: Sent) -> str:
        before = self.taken.get(sent.id)
        if before is not None and before[0].content == sent.content:
            return "duplicate"
        rule = self._rule(sent, before is not None)
        if rule:
            self._refuse(sent, rule)
            return "conflict" if rule == "event.id_reused" else "quarantined"
        self._settle(sent)
        return self._take(sent)

    def replay(self, chosen: list[Lying]) -> list[str]:
        """Judge refused events again, of several under one id the newest; returns the outcomes."""
        newest = {item.sent.id: item for item in chosen}
        return self._told(
            [(item.sent, self._again(item)) for item in sorted(newest.values(), key=self.lying.index)]
        )

    def _again(self, item: Lying) -> str:
        if item.state != "open":
            return "ended"
        self.acts.append("replay")
        before = self.taken.get(item.sent.id)
        rule = self._rule(item.sent, before is not None)
        if rule == "event.id_reused" and item.rule != rule:
            item.state, item.settled = "settled", item.sent.id
            self.acts.append("settle")
            return "conflict"
        if rule:
            item.rule = rule
            return "conflict" if rule == "event.id_reused" else "quarantined"
        item.state, item.settled = "replayed", item.sent.id
        self._settle(item.sent)
        return self._take(item.sent)

    def _rule(self, sent: Sent, known: bool) -> str:
        if known:
            return "event.id_reused"
        if sent.kind == "unreadable":
            return "json.syntax"
        if not self.open_scope:
            return "scope.unit"
        if sent.supersedes is not None:
            named = [item for item in self.lying if item.sent.id == sent.supersedes]
            if not any(item.state in UNTAKEN for item in named):
                return "quarantine.ended" if named else "quarantine.unknown"
        return "R2026/states" if sent.kind == "bad" else ""

    def _take(self, sent: Sent) -> str:
        self.taken[sent.id] = (sent, "")
        return ""

    def _settle(self, sent: Sent) -> None:
        for item in self.lying:
            if item.sent.id in (sent.id, sent.supersedes) and item.state in UNTAKEN:
                item.state, item.settled = "settled", sent.id
                self.acts.append("settle")

    def _refuse(self, sent: Sent, rule: str) -> None:
        for item in self.lying:
            if (item.sent.id, item.sent.content) == (sent.id, sent.content):
                if item.state in UNTAKEN:
                    item.state, item.rule = "open", rule
                return
        self.lying.append(Lying(sent, rule))


def told(model: Model) -> list[tuple[Any, ...]]:
    """What lies in quarantine, as it can be compared with the database."""
    return [(item.sent.id, item.rule, item.state, item.settled) for item in model.lying]
