"""Refused events for a supervisor: those of the jurisdiction, counted by rule and source, one in detail, and replays.

Every look is an entry; one that shows which incident it is about is an entry about that report.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from lookup.domain.budget import network_prefix
from lookup.domain.quarantine import State
from lookup.domain.reference import report_token
from lookup.domain.ruletypes import Text
from lookup.services.arrivals import Fault
from lookup.services.contexts import ConsoleContext
from lookup.services.kept_content import moments, readable
from lookup.services.oversee_acts import Act, ending_act, replayed_between
from lookup.services.replay_quarantine import Actor, Closing, Reader, Replayed, close, matching, replay
from lookup.services.sealing import unseal
from lookup.services.shelf import QUARANTINE_PURPOSE
from lookup.services.staff_looks import draft
from lookup.services.staff_session import Staff
from lookup.storage import clients, quarantine, units
from lookup.storage.database import Transaction
from lookup.storage.lanes import append, now_us
from lookup.storage.quarantine import Item as Item
from lookup.storage.quarantine import Scope
from lookup.storage.quarantine import Sought as Sought

PAGE, AT_ONCE, COUNTED_TO = 50, 500, 10_000
_PAGE = {"page": "quarantine"}


@dataclass(frozen=True, slots=True)
class Board:
    """One page of refused events, newest first; `older` and `newer` are ids to go on from, None at an end.

    `total`: how many match, none beyond COUNTED_TO. `by_rule` and `by_client`: open ones of the whole jurisdiction,
    `latest` the newest of each rule. `names`: every client that may be asked for, by id.
    """

    items: tuple[Item, ...]
    older: int | None
    newer: int | None
    total: int
    by_rule: Mapping[str, int]
    by_client: Mapping[str, int]
    latest: Mapping[str, Item]
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Shown:
    """One refused event: the client's name, what may be read of its content, and its report token where it has one.

    `named`: what the codes `unit`, `from` and `to` of the content mean, where they mean something. `act` ended it.
    """

    item: Item
    client: str
    content: Mapping[str, str]
    times: Mapping[str, datetime]
    named: Mapping[str, Text]
    report: bytes | None
    act: Act | None


@dataclass(frozen=True, slots=True)
class Round:
    """One replay of all that match: from when until when (µs), and how many items had which outcome of `Replayed`."""

    since: int
    until: int
    counts: Counter[str]


def list_refused(
    context: ConsoleContext,
    who: Staff,
    sought: Sought,
    address: str,
    below: int | None = None,
    above: int | None = None,
) -> Board:
    """Return the page next below an id, or next above one, or the newest; the entry of the look is durable first."""
    with context.database.write() as conn:
        scope, names = _scope(conn, who)
        sought = replace(sought, scope=scope)
        append(conn, context.pen, draft(conn, who, "console.view", "released", address, None, _asked(sought)))
        items, more = _page(conn, sought, below, above)
        total = quarantine.count(conn, sought, COUNTED_TO)
        by_rule, by_client, latest = _tallies(conn, scope)
    backwards = above is not None
    older = items[-1].id if items and (more or backwards) else None
    newer = items[0].id if items and (below is not None or (backwards and more)) else None
    return Board(items, older, newer, total, by_rule, by_client, latest, names)


def show_refused(context: ConsoleContext, who: Staff, id_: int, address: str) -> Shown | None:
    """Return an item of the jurisdiction, or None; either way the look is an entry first."""
    with context.database.write() as conn:
        scope, names = _scope(conn, who)
        found = quarantine.some(conn, [id_], scope)
        shown = _shown(context, conn, found[0], names) if found else None
        outcome, report = ("released", shown.report) if shown else ("refused", None)
        detail: dict[str, str | int] = {**_PAGE, "item": id_}
        append(conn, context.pen, draft(conn, who, "console.view", outcome, address, report, detail))
    return shown


def client_names(context: ConsoleContext, who: Staff) -> Mapping[str, str]:
    """Return every client that may be asked for, by id."""
    with context.database.read() as conn:
        return _scope(conn, who)[1]


def count_open(context: ConsoleContext, who: Staff, sought: Sought) -> int:
    """Return how many open items a replay of everything that matches would judge, none beyond COUNTED_TO."""
    with context.database.read() as conn:
        scope, _ = _scope(conn, who)
        return quarantine.count(conn, replace(sought, state=State.OPEN.value, scope=scope), COUNTED_TO)


def replay_one(context: ConsoleContext, who: Staff, id_: int, read: Reader, address: str) -> Replayed | None:
    """Judge one item again; None when there is none in the jurisdiction."""
    return next(iter(replay(context, _actor(context, who, address), [id_], read)), None)


def replay_all(
    context: ConsoleContext, who: Staff, sought: Sought, read: Reader, address: str
) -> tuple[int | None, Round]:
    """Judge the oldest AT_ONCE open items that match again; returns the id of the last of them, to go on from."""
    actor, since = _actor(context, who, address), now_us()
    chosen = matching(context, replace(sought, scope=actor.scope), AT_ONCE)
    done = replay(context, actor, chosen, read)
    counts = Counter(each.outcome for each in done)
    return chosen[-1] if chosen else sought.beyond, Round(since, now_us(), counts)


def show_round(context: ConsoleContext, who: Staff, past: Round, address: str) -> list[Item]:
    """Return, as they stand now, the items that `who` judged again in a round; the look is an entry first."""
    with context.database.write() as conn:
        scope, _ = _scope(conn, who)
        append(conn, context.pen, draft(conn, who, "console.view", "released", address, None, _PAGE))
        judged = replayed_between(conn, who.id, past.since, past.until, AT_ONCE)
        return quarantine.some(conn, sorted({item for item, _ in judged}), scope)


def close_one(
    context: ConsoleContext, who: Staff, id_: int, reason: str, address: str
) -> Closing | Fault | None:
    """Close one item with a reason; see `close`."""
    return close(context, _actor(context, who, address), id_, reason)


def _actor(context: ConsoleContext, who: Staff, address: str) -> Actor:
    with context.database.read() as conn:
        return Actor(who.id, network_prefix(address, 48), _scope(conn, who)[0])


def _scope(conn: Transaction, who: Staff) -> tuple[Scope, dict[str, str]]:
    """Return what the jurisdiction covers, and the names of the clients whose units and it overlap."""
    names = {
        row.id: row.name
        for row in clients.every(conn)
        if any(unit.startswith(who.jurisdiction) or _begins(who.jurisdiction, unit) for unit in row.units)
    }
    return Scope(who.jurisdiction, tuple(names)), names


def _begins(jurisdiction: Sequence[str], unit: str) -> bool:
    return any(prefix.startswith(unit) for prefix in jurisdiction)


def _asked(sought: Sought) -> dict[str, str | int]:
    """Return the filter for the entry; an event id is the source's own text and stays out of the ledger."""
    asked = _PAGE | {"state": sought.state, "rule": sought.rule, "client": sought.client}
    asked |= {"since": sought.since, "until": sought.until}  # type: ignore[dict-item]
    return {name: value for name, value in asked.items() if value is not None}


def _page(
    conn: Transaction, sought: Sought, below: int | None, above: int | None
) -> tuple[tuple[Item, ...], bool]:
    if above is not None:
        found = quarantine.search(conn, sought, PAGE + 1, above=above)
        return tuple(reversed(found[:PAGE])), len(found) > PAGE
    found = quarantine.search(conn, sought, PAGE + 1, below=below or quarantine.NEWEST)
    return tuple(found[:PAGE]), len(found) > PAGE


def _tallies(conn: Transaction, scope: Scope) -> tuple[dict[str, int], dict[str, int], dict[str, Item]]:
    by_rule: dict[str, int] = {}
    by_client: dict[str, int] = {}
    newest: dict[str, int] = {}
    for client, rule, number, last in quarantine.tally(conn, Sought(state=State.OPEN.value, scope=scope)):
        by_rule[rule] = by_rule.get(rule, 0) + number
        by_client[client] = by_client.get(client, 0) + number
        newest[rule] = max(last, newest.get(rule, last))
    latest = {item.rule: item for item in quarantine.some(conn, list(newest.values()))}
    return _most_first(by_rule), _most_first(by_client), latest


def _most_first(counts: dict[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def _shown(context: ConsoleContext, conn: Transaction, item: Item, names: Mapping[str, str]) -> Shown:
    body = unseal(context.settings.seal_key, QUARANTINE_PURPOSE, quarantine.sealed_body(conn, item.id))
    content = readable(body, context.settings.incident_pattern)
    number = content.get("subject")
    report = report_token(context.settings.pepper, number) if number else None
    times = moments(content)
    named = _named(context, conn, content, times)
    act = ending_act(conn, context.settings.pepper, item)
    return Shown(item, names.get(item.client, item.client), content, times, named, report, act)


def _named(
    context: ConsoleContext, conn: Transaction, content: Mapping[str, str], times: Mapping[str, datetime]
) -> dict[str, Text]:
    """Return the names of states by the rulebook of the event's day, of the newest for an event without one."""
    rules = context.law.rules
    states = (rules.on(times["time"].date()) if "time" in times else rules.books[-1]).states
    named = {name: states[content[name]].label for name in ("from", "to") if content.get(name) in states}
    unit = units.all(conn).get(content.get("unit", ""))
    return named | ({"unit": {"zh-Hans": unit.name, "en": unit.name_en}} if unit else {})
