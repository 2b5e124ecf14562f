"""One fictional report told as push events (CloudEvents, docs/push.md): a plot, played from a moment up to now."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from lookup.cli.demo_people import Person
from lookup.cli.demo_plots import Plot
from lookup.cli.demo_units import UNITS
from lookup.domain.numbers import DocumentNumber

Wire = dict[str, Any]

_STEP = re.compile(r"([^=~+]+)(\+?)(?:=([a-z_]+))?(?:~([0-9]+)([smhd]))?")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_KINDS = {
    "mark": "mark", "pause": "pause", "resume": "resume", "extend": "extension", "withhold": "withhold",
    "release": "release",
}  # fmt: skip
_PAPERS = {
    "REPORT_RECEIPT": "接回", "TRANSFER_NOTICE": "移", "NOT_POLICE_NOTICE": "不属告", "ADMIN_FILED_NOTICE": "行立告",
    "ADMIN_NOT_FILED_NOTICE": "行不立告", "PENALTY_DECISION": "行罚决", "NO_PENALTY_DECISION": "不罚决",
    "MEDIATION_AGREEMENT": "调解", "TERMINATION_DECISION": "终止", "APPRAISAL_NOTICE": "鉴通",
    "CRIMINAL_RECEIPT": "受回", "FILED_NOTICE": "立告", "VICTIM_RIGHTS": "权告", "NOT_FILED_NOTICE": "不立",
    "WITHDRAWAL_DECISION": "撤案", "RECONSIDERATION_DECISION": "复议",
}  # fmt: skip
_PLACES = {
    unit.code: re.sub(r"云溪市公安局|公安局|派出所|分局(?=.)|县(?=公安)", "", unit.name) for unit in UNITS
}
LATE_ENTRY = 0.012
"""Share of the statements that are typed in more than a day after they happened."""


@dataclass
class Tale:
    """Plays a plot. `other` is an earlier report (for a merge), `receiver` the unit that gets what is transferred."""

    plot: Plot
    number: str
    unit: str
    receiver: str
    other: str
    people: tuple[Person, Person]
    chance: Random
    source: str
    steady: bool = False
    at: datetime = field(init=False)
    entered: datetime = field(init=False)
    events: list[Wire] = field(default_factory=list)
    states: dict[str | None, list[str]] = field(default_factory=dict)
    case: str | None = None

    def play(self, start: datetime) -> list[Wire]:
        """Return all events from `start` (aware) on, as a source that never forgot to send would have them."""
        self.at = self.entered = start
        for word in self.plot.steps.split():
            match = _STEP.fullmatch(word)
            if match is None:
                raise ValueError(f"not a step: {word}")
            what, further, reason, amount, unit = match.groups()
            before = self.at
            self.at += self._wait(int(amount or 0) * _SECONDS[unit or "s"])
            self._say(what, bool(further), reason, before)
        return self.events

    def _wait(self, seconds: int) -> timedelta:
        factor = 1.0 if self.steady else min(2.5, max(0.4, self.chance.lognormvariate(0, 0.4)))
        return timedelta(seconds=round(seconds * factor))

    def _say(self, what: str, further: bool, reason: str | None, before: datetime) -> None:
        if what in ("fix", "undo"):
            self._amend(what, reason, before)
        elif ":" in what or what in _KINDS:
            self._state_fact(*what.partition(":")[::2])
        else:
            self._enter(what, further, reason)

    def _enter(self, state: str, further: bool, reason: str | None) -> None:
        """The incident or its case enters `state`."""
        data: Wire = {"to": state} | ({"reason": reason} if reason else {})
        subject = None
        if state[0] != "J":
            subject = self._subject(further)
            if state[0] in "AC":
                data["case_kind"] = "administrative" if state[0] == "A" else "criminal"
        past = self.states.setdefault(subject, [])
        leaving = past[-1] if past else self._opener(subject)
        data |= {"from": leaving} if leaving else {}
        if state == "J95":
            data["target"] = self.other
        if state in ("J97", "X60"):
            data["target"] = self.receiver
        self._add("transition", data | self._persons(state), subject)
        past.append(state)
        if state in ("J97", "X60"):
            self.unit = self.receiver

    def _subject(self, further: bool) -> str:
        if self.case is None or further:
            serial = self.chance.randrange(10_000)
            self.case = f"A{self.unit}{self.at:%Y%m}{serial:04d}"
        return self.case

    def _opener(self, subject: str | None) -> str | None:
        """What a new case comes out of: the case before it, or the report."""
        if subject is None:
            return None
        cases = [key for key in self.states if key not in (None, subject)]
        return self.states[cases[-1] if cases else None][-1]

    def _persons(self, state: str) -> Wire:
        reporter, victim = self.people
        if state == "J10":
            attributes = {"channel": self.plot.channel, "category": self.plot.category, "law": self.plot.law}
            return {
                "attributes": {name: value for name, value in attributes.items() if value},
                "persons": [{"role": "reporter", "phone": reporter.phone}],
            }
        if state == "J50" and self.plot.about_a_case:
            role = "complainant" if "refused" in self.plot.name else "victim"
            return {"persons": [{"role": role, "id_number": victim.id_number, "name": victim.name}]}
        return {}

    def _state_fact(self, what: str, code: str) -> None:
        if what == "doc":
            served = {"code": code, "number": self._paper(code), "served_at": self.at.isoformat()}
            self._add("document", {"document": served}, self.case)
            return
        kind = _KINDS[what]
        about = None if kind in ("withhold", "release") else self.case
        approved = {"approver": self._officer()} if kind in ("extension", "withhold", "release") else {}
        self._add(kind, ({"reason": code} if code else {}) | approved, about)

    def _amend(self, what: str, reason: str | None, before: datetime) -> None:
        """Correct when the last step happened, or say that it never did."""
        last = self.events[-1]
        data = {
            "reason": reason,
            "approver": self._officer(),
            "replaces": {"source": self.source, "id": last["id"]},
        }
        if what == "undo":
            self.states[None].pop()
            self._add("retraction", data, None)
            return
        previous = datetime.fromisoformat(self.events[-2]["time"])
        said, self.at = self.at, previous + (before - previous) / 2
        self.entered = max(self.entered, said)
        self._add("correction", data, None)
        self.at = said

    def _paper(self, code: str) -> str:
        place = _PLACES[self.unit]
        serial = str(self.chance.randrange(1, 2000))
        return str(DocumentNumber("云公", place, _PAPERS[code], self.at.year, serial))

    def _officer(self) -> str:
        return f"Y{self.chance.randrange(100_000):05d}"

    def _add(self, kind: str, data: Wire, case: str | None) -> None:
        self.events.append({
            "specversion": "1.0", "id": f"{self.number}-{len(self.events) + 1:02d}", "source": self.source,
            "type": f"lookup.{kind}", "subject": self.number, "time": self.at.isoformat(),
            "datacontenttype": "application/json",
            "data": {"unit": self.unit, "entered_at": self._typed(kind, data).isoformat()}
            | ({"case": case} if case else {}) | data,
        })  # fmt: skip

    def _typed(self, kind: str, data: Wire) -> datetime:
        """When it was typed in: dispatch writes by itself, papers wait for somebody, a few for more than a day."""
        prompt = kind == "transition" and data["to"] in ("J10", "J20", "J30", "J40")
        delay = self.chance.randrange(2, 15) if prompt else self.chance.randrange(60, 1500)
        if not prompt and not self.steady and self.chance.random() < LATE_ENTRY:
            return self.at + timedelta(seconds=self.chance.randrange(26 * 3600, 70 * 3600))
        self.entered = max(self.entered, self.at) + timedelta(seconds=delay)
        return self.entered
