"""`lookup quarantine replay`: judging refused events again, and telling in words what became of each."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence

from lookup.cli.asking import operator_name
from lookup.domain.quarantine import State
from lookup.services import register_client
from lookup.services.actors import operator_token
from lookup.services.contexts import PushContext
from lookup.services.replay_quarantine import Actor, Item, Replayed, replay
from lookup.web.push.arriving import reader

_OUTCOMES = {
    "accepted": "accepted",
    "waiting": "accepted, and waits for an earlier step",
    "duplicate": "taken before",
    "quarantined": "still refused",
    "conflict": "still refused, its id is another event's",
    "ended": "left alone",
    "barred": "not judged",
}
"""What became of an item that was judged again, in words."""
_SETTLED = {
    State.OPEN: "it was settled meanwhile",
    State.SETTLED: "a mended event has settled it already",
    State.REPLAYED: "it was taken by an earlier replay",
    State.CLOSED: "it is closed already",
    State.WITHDRAWN: "its source has withdrawn it",
}
_DONE = ("accepted", "waiting", "duplicate", "ended")
AT_ONCE = 1000


def judge_again(context: PushContext, known: Sequence[Item]) -> bool:
    """Judge these again, by id, print what became of each, and say whether nothing is left to be done for them."""
    actor = Actor(operator_token(context.settings.pepper, operator_name()))
    read_kept = reader(context.settings.incident_pattern)
    counts: Counter[str] = Counter()
    barred: set[str] = set()
    newest = {(item.source, item.event): item.id for item in known}
    judged = [item for item in known if newest[item.source, item.event] == item.id]
    for item in known:
        if (newer := newest[item.source, item.event]) != item.id:
            print(f"{item.id:>8}  {item.event}  left alone: {newer} is newer and has the same id")
    for start in range(0, len(judged), AT_ONCE):
        some = {item.id: item for item in judged[start : start + AT_ONCE]}
        for told in replay(context, actor, list(some), read_kept):
            counts[told.outcome] += 1
            _print(told, some[told.item])
            barred |= {some[told.item].client} if told.outcome == "barred" else set()
    print("; ".join(f"{_OUTCOMES[outcome]}: {number}" for outcome, number in sorted(counts.items())))
    for client in sorted(barred):
        _print_barred(context, client)
    return set(counts) <= set(_DONE)


def _print(told: Replayed, item: Item) -> None:
    why = {"ended": f": {_SETTLED[State(item.state)]}", "barred": ": its client may not push"}.get(
        told.outcome, ""
    )
    if told.fault:
        why = f"; {told.fault.rule} {told.fault.field}: {told.fault.text.get('en', '')}"
    print(f"{told.item:>8}  {told.event}  {_OUTCOMES[told.outcome]}{why}")


def _print_barred(context: PushContext, client: str) -> None:
    found = register_client.shown(context, client)
    if isinstance(found, register_client.Refusal):
        return
    suspended = "is suspended", f"lookup client resume {client}"
    what, how = (
        suspended if found[0].suspended else ("has expired", f"lookup client scope {client} --expires DAY")
    )
    print(f"{client} {what}: `{how}`, then replay again.", file=sys.stderr)
