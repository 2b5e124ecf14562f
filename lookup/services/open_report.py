"""Opening a report with a pass: the entry of it is durable before anything is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from pydantic_core import from_json

from lookup.domain.budget import network_prefix
from lookup.domain.calendar import SHANGHAI
from lookup.domain.disclosure import disclose
from lookup.domain.engine import ask
from lookup.domain.showing import glance
from lookup.services.actors import citizen_token
from lookup.services.caller import caller
from lookup.services.contexts import CitizenContext
from lookup.services.passes import Pass
from lookup.services.show_ahead import story_of
from lookup.services.unit_book import known_units
from lookup.storage import incidents
from lookup.storage.incidents import IncidentRow
from lookup.storage.lanes import Draft, append, now_us
from lookup.storage.releasing import ReleasedRow, Wish, release
from lookup.storage.units import Unit


class Opened(NamedTuple):
    """An opened report: what may be shown, with what the pages need to say it. `entry` is the ledger place.

    `shown` is the stored form of `domain.showing`; `unit` stands in it too.
    """

    shown: str
    unit: str | None
    number: str
    phone: str | None
    units: Mapping[str, Unit]
    updated: datetime
    entry: str

    @property
    def values(self) -> dict[str, Any]:
        """What `shown` says, read anew at each call: `Disclosed.to_json()` with `{"$": number}` for each text."""
        values: dict[str, Any] = from_json(self.shown, cache_strings="keys")
        return values


@dataclass(frozen=True, slots=True)
class Gone:
    """The pass opens nothing any more: signed out, or the reference was issued anew."""

    entry: str


def open_report(context: CitizenContext, pass_: Pass, address: str) -> Opened | Gone:
    """Open the report of `pass_` for a browser at the IP `address`."""
    actor = citizen_token(context.settings.pepper, pass_.report, pass_.tier)
    draft = Draft(
        "lookup.open", "released", actor, pass_.report, network_prefix(address, 48), {"tier": pass_.tier}
    )
    shown = release(
        context.database, context.pen, Wish(pass_.report, pass_.generation, pass_.id, pass_.tier, draft)
    )
    if shown is None:
        return _open_slowly(context, pass_, draft)
    row, place = shown
    return _opened(context, pass_, row, str(place))


def _open_slowly(context: CitizenContext, pass_: Pass, draft: Draft) -> Opened | Gone:
    """A withheld report is opened with its own outcome; anything else leaves a refusal."""
    with context.database.write() as conn:
        row = incidents.by_token(conn, pass_.report)
        live = (
            row is not None and row.generation == pass_.generation and not incidents.is_spent(conn, pass_.id)
        )
        outcome = "refused" if row is None or not live else "withheld" if row.withheld else "released"
        place = append(conn, context.pen, _with_outcome(draft, outcome))[0]
    if row is None or not live:
        return Gone(str(place))
    return _opened(context, pass_, _as_released(row), str(place))


def _with_outcome(draft: Draft, outcome: str) -> Draft:
    return Draft(draft.action, outcome, draft.actor, draft.report, draft.net, draft.detail)


def _as_released(row: IncidentRow) -> ReleasedRow:
    return ReleasedRow(
        row.number, row.updated, row.rules, row.story, None, row.sealed, row.reporter_since, row.id
    )


def _opened(context: CitizenContext, pass_: Pass, row: ReleasedRow, entry: str) -> Opened:
    shown = row.shown if row.rules == context.law.digest else None
    if shown is None:
        shown = _tell(context, pass_, row)
    unit, caller_shown = glance(shown)
    sealed = row.sealed if caller_shown else None
    return Opened(
        shown,
        unit,
        row.number,
        caller(sealed, row.reporter_since, context.settings.seal_key),
        known_units(context.database),
        datetime.fromtimestamp(row.updated / 1_000_000, SHANGHAI),
        entry,
    )


def _tell(context: CitizenContext, pass_: Pass, row: ReleasedRow) -> str:
    """Tell now what may be shown: nothing was told ahead, or it holds no longer."""
    law = context.law
    with context.database.read() as conn:
        story = story_of(conn, law, row.rules, row.story, row.id)
    now = datetime.fromtimestamp(now_us() / 1_000_000, SHANGHAI)
    return law.texts.shorten(disclose(law.rules, story, ask(law.rules, law.calendar, story, now), pass_.tier))
