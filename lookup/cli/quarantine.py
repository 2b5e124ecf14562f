"""`lookup quarantine`: look at refused events, judge them again, or close one. Every act is a ledger entry."""

from __future__ import annotations

import argparse
import getpass
import json
import os
import sys
from collections import Counter
from dataclasses import replace
from datetime import datetime

from lookup.cli.asking import sure
from lookup.domain.calendar import SHANGHAI
from lookup.domain.quarantine import REASONS, State
from lookup.services.actors import operator_token
from lookup.services.contexts import PushContext, open_push
from lookup.services.leave import leaving
from lookup.services.replay_quarantine import (
    Actor,
    Closing,
    Fault,
    Replayed,
    Sought,
    close,
    find,
    matching,
    replay,
)
from lookup.settings import PushSettings, read
from lookup.web.push.arriving import reader

_DESCRIPTION = """Refused events are kept sealed until they are settled: by a mended event of their source, by judging
them again here after a rulebook, a client's scope or a clock was mended, or by closing one with a reason. Uses the push
settings (LOOKUP_DATABASE_URL …) and connects as the login itself, not as LOOKUP_DATABASE_ROLE."""
_TAKEN = ("accepted", "waiting", "duplicate")
AT_ONCE = 1000


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this command and its actions."""
    parser = commands.add_parser(
        "quarantine",
        help="look at refused events, judge them again, or close one",
        description=_DESCRIPTION,
        epilog="Exit status: 0 done, 1 something was refused or nothing was found.",
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listed = actions.add_parser("list", help="list refused events, newest first")
    listed.add_argument("--state", choices=[state.value for state in State], default=State.OPEN.value)
    listed.add_argument("--limit", type=int, default=50, help="how many at most (%(default)s)")
    actions.add_parser("show", help="show one with its reason").add_argument("item", type=int)
    again = actions.add_parser(
        "replay", help="judge some, or all open ones that match, again as a push would"
    )
    again.add_argument("item", type=int, nargs="*", help="numbers of items; none: name a filter, or --all")
    again.add_argument("--all", action="store_true", help="every open one")
    again.add_argument("--yes", action="store_true", help="do not ask")
    for each in (listed, again):
        each.add_argument("--client", help="only of this client")
        each.add_argument("--rule", help="only refused by this rule")
        each.add_argument("--event", help="only with this event id")
        each.add_argument(
            "--since", type=_moment, help="only received from YYYY-MM-DD[THH:MM] on (Asia/Shanghai)"
        )
    closing = actions.add_parser("close", help="close one for good reasons, without taking its event")
    closing.add_argument("item", type=int)
    closing.add_argument("--reason", choices=tuple(REASONS), required=True)


def run(arguments: argparse.Namespace) -> int:
    """Run one action."""
    action = {"list": _list, "show": _show, "replay": _replay, "close": _close}[arguments.action]
    settings = replace(read(PushSettings, os.environ), database_role="")
    with leaving(open_push(settings)) as context:
        return action(context, arguments)


def _list(context: PushContext, arguments: argparse.Namespace) -> int:
    sought = replace(_sought(arguments), state=arguments.state)
    found = find(context, sought, arguments.limit)
    for item in found:
        print(
            f"{item.id:>8}  {_time(item.received)}  {item.client:<16} {item.rule:<32} {item.state:<9} {item.event}"
        )
    if not found:
        print("None.")
    return 0


def _show(context: PushContext, arguments: argparse.Namespace) -> int:
    item = next(iter(find(context, Sought(item=arguments.item), 1)), None)
    if item is None:
        return _nothing()
    why = json.loads(item.problem)
    lines = {
        "item": str(item.id), "client": item.client, "source": item.source, "event": item.event,
        "received": _time(item.received), "judged": _time(item.judged), "state": item.state, "rule": item.rule,
        "field": why["field"], "reason": why["text"].get("zh-Hans", ""), "": why["text"].get("en", ""),
        "article": (why.get("article") or {}).get("zh-Hans", ""), "settled by": item.settled,
        "closed for": item.reason, "ended": _time(item.ended) if item.ended else "",
    }  # fmt: skip
    print("\n".join(f"{name:<11} {value}" for name, value in lines.items() if value))
    return 0


def _replay(context: PushContext, arguments: argparse.Namespace) -> int:
    sought = _sought(arguments)
    if not arguments.item and not arguments.all and sought == Sought():
        print("Nothing was changed: name items, a filter, or --all.", file=sys.stderr)
        return 1
    chosen = arguments.item or matching(context, sought)
    if not chosen:
        return _nothing()
    if not sure(f"Judge {len(chosen)} refused events again?", yes=arguments.yes):
        return 1
    actor = Actor(operator_token(context.settings.pepper, getpass.getuser()))
    read_kept = reader(context.settings.incident_pattern)
    counts: Counter[str] = Counter()
    for start in range(0, len(chosen), AT_ONCE):
        for told in replay(context, actor, chosen[start : start + AT_ONCE], read_kept):
            counts[told.outcome] += 1
            _print(told)
    print("; ".join(f"{outcome}: {n}" for outcome, n in sorted(counts.items())) or "None was found.")
    return 0 if counts and set(counts) <= {*_TAKEN, "ended"} else 1


def _print(told: Replayed) -> None:
    why = f"  {told.fault.rule} {told.fault.field}: {told.fault.text.get('en', '')}" if told.fault else ""
    print(f"{told.item:>8}  {told.outcome:<11} {told.event}{why}")


def _close(context: PushContext, arguments: argparse.Namespace) -> int:
    actor = Actor(operator_token(context.settings.pepper, getpass.getuser()))
    done = close(context, actor, arguments.item, arguments.reason)
    if not isinstance(done, Closing):
        return _nothing() if done is None else _refused(done)
    item = done.item
    print(f"{item.id} is {item.state} now." if done.now else f"It was {item.state} already.")
    return 0


def _nothing() -> int:
    print("There is no such refused event; `lookup quarantine list` shows them.", file=sys.stderr)
    return 1


def _refused(fault: Fault) -> int:
    print(f"Nothing was changed: {fault.text['en']}", file=sys.stderr)
    return 1


def _sought(arguments: argparse.Namespace) -> Sought:
    return Sought(client=arguments.client, rule=arguments.rule, event=arguments.event, since=arguments.since)


def _moment(text: str) -> int:
    at = datetime.fromisoformat(text)
    return int(at.replace(tzinfo=at.tzinfo or SHANGHAI).timestamp() * 1_000_000)


def _time(us: int) -> str:
    return f"{datetime.fromtimestamp(us / 1_000_000, SHANGHAI):%Y-%m-%d %H:%M:%S}"
