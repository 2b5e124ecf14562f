"""A fictional month of the invented prefecture 云溪市 as the stream of events a dispatch system would push.

The same `now` and seed give the same bytes, so that a load that was interrupted can simply be repeated.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from random import Random
from zoneinfo import ZoneInfo

from lookup.cli.demo_people import Person, invent
from lookup.cli.demo_plots import PLOTS, SAMPLES, Plot
from lookup.cli.demo_tale import Tale, Wire
from lookup.cli.demo_units import FOREIGN, STATIONS, UNITS

SOURCE = "urn:yunxi:police"
SHANGHAI = ZoneInfo("Asia/Shanghai")
DAYS = 31
# Calls by hour of the day: quiet before dawn, most in the evening.
_HOURS = (9, 6, 4, 3, 3, 4, 7, 13, 20, 24, 25, 24, 22, 21, 22, 23, 25, 27, 31, 33, 32, 28, 21, 14)


@dataclass(frozen=True, slots=True)
class Sample:
    """A report whose story the demo promises: `plot` names the story, `person` can prove it."""

    plot: str
    number: str
    reporter: Person
    victim: Person


@dataclass(frozen=True, slots=True)
class Month:
    """`events` in the order of sending, with repetitions, refused ones, and without the one that was lost on the way.

    `incidents`: how many are told. `samples`: those to print.
    """

    events: tuple[Wire, ...]
    samples: tuple[Sample, ...]
    incidents: int


def make_month(now: datetime, seed: int = 369900) -> Month:
    """Return the month that ends at `now` (aware): what is not typed in by then is not in it."""
    chance = Random(seed)  # noqa: S311 - a story, no secret: it must come out the same again
    now = now.astimezone(SHANGHAI).replace(microsecond=0)
    begun = sorted(
        [(_start(plot, now, chance), plot) for plot in PLOTS for _ in range(plot.share)]
        + [(now - timedelta(days=plot.age[0] if plot.age else 1), plot) for plot in SAMPLES],
        key=lambda item: item[0],
    )
    tales, samples, other = list[list[Wire]](), list[Sample](), ""
    for serial, (start, plot) in enumerate(begun):
        tale = _tale(plot, start, serial, other, chance)
        tales.append(tale.play(start))
        other = tale.number
        if plot in SAMPLES:
            samples.append(Sample(plot.name, tale.number, *tale.people))
    known = [event for tale in tales for event in tale if _typed(event) <= now]
    ordered = sorted(known, key=lambda event: (_typed(event), event["id"]))
    lost = _lost(ordered, now - timedelta(days=1))
    said = [event for event in _number([*ordered, *_wrong(ordered, chance)]) if event["id"] != lost]
    samples.sort(key=lambda sample: [plot.name for plot in SAMPLES].index(sample.plot))
    return Month(tuple(_as_sent(said, chance)), tuple(samples), len({event["subject"] for event in known}))


def _typed(event: Wire) -> datetime:
    return datetime.fromisoformat(event["data"]["entered_at"])


def _start(plot: Plot, now: datetime, chance: Random) -> datetime:
    if plot.age is not None:
        return now - timedelta(seconds=chance.randrange(int(plot.age[0] * 86_400), int(plot.age[1] * 86_400)))
    while True:
        day = now - timedelta(days=chance.randrange(DAYS + 1))
        hour = chance.choices(range(24), _HOURS)[0]
        start = day.replace(hour=hour, minute=chance.randrange(60), second=chance.randrange(60))
        if now - timedelta(days=DAYS) <= start <= now - timedelta(minutes=2):
            return start


def _tale(plot: Plot, start: datetime, serial: int, other: str, chance: Random) -> Tale:
    sample = plot in SAMPLES
    unit = STATIONS[SAMPLES.index(plot)] if sample else chance.choice(STATIONS)
    receiver = chance.choice([each.code for each in UNITS if each.code != unit])
    reporter = invent(chance)
    people = (reporter, reporter if sample or chance.random() < 0.6 else invent(chance))
    number = f"{unit[:6]}{start:%y%m%d%H%M%S}{serial % 100:02d}"
    return Tale(plot, number, unit, receiver, other or number, people, chance, SOURCE, steady=sample)


def _number(events: Iterable[Wire]) -> list[Wire]:
    """The source counts what it sends, in the order of typing."""
    ordered = sorted(events, key=lambda event: (_typed(event), event["id"]))
    counter = count(1)
    return [event | {"sequence": str(next(counter))} for event in ordered]


def _lost(events: list[Wire], until: datetime) -> str:
    """Return the id of a step that never arrives, so that its number is missing and the step after it waits.

    It is the arrival at the scene (J40) of the latest report that ended there before `until`.
    """
    steps: dict[str, list[Wire]] = {}
    for event in events:
        steps.setdefault(event["subject"], []).append(event)
    plain = ["J10", "J20", "J30", "J40", "J90"]
    ended = [its for its in steps.values() if [each["data"].get("to") for each in its] == plain]
    latest = max((its for its in ended if _typed(its[-1]) <= until), key=lambda its: _typed(its[-1]))
    return str(latest[3]["id"])


def _wrong(events: list[Wire], chance: Random) -> list[Wire]:
    """What such systems also send: steps the law does not know, another's unit, an unknown code, no approval."""
    closed = [e for e in events if e["data"].get("to") in ("J90", "J91")]
    made = []
    for index, base in enumerate(chance.sample(closed, 15)):
        wrong = copy.deepcopy(base)
        wrong["id"] = f"{base['id']}-x{index}"
        data = wrong["data"]
        match index % 5:
            case 0:
                data |= {"to": "A40", "from": "J50", "case": f"A{data['unit']}{wrong['time'][:4]}010001"}
                data["case_kind"] = "administrative"
            case 1:
                data["unit"] = FOREIGN
            case 2:
                data["to"] = "J77"
            case 3:
                wrong["type"] = "lookup.correction"
                data["replaces"] = {"source": SOURCE, "id": base["id"]}
            case _:
                wrong["id"] = base["id"]
                data["to"] = "J93"
        made.append(wrong)
    return made


def _as_sent(events: list[Wire], chance: Random) -> list[Wire]:
    """Some come later than those after them, some twice: networks and retries do that."""
    places = [(float(index), event) for index, event in enumerate(events)]
    for index in chance.sample(range(len(events)), len(events) // 60):
        places[index] = (index + chance.randrange(5, 90) + 0.5, events[index])
    again = chance.sample(places, len(events) // 100)
    places += [(place + chance.randrange(1, 400) + 0.25, event) for place, event in again]
    return [event for _, event in sorted(places, key=lambda item: item[0])]
