"""`lookup quarantine`: look at refused events, judge them again, or close one. Every act is a ledger entry."""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import replace
from datetime import datetime

from lookup.cli.asking import WrongUse, operator_name, sure
from lookup.cli.quarantine_replay import judge_again
from lookup.cli.typed import a_moment, a_number, a_text
from lookup.domain.calendar import SHANGHAI
from lookup.domain.quarantine import REASONS, State
from lookup.services import register_client
from lookup.services.actors import operator_token
from lookup.services.contexts import PushContext, open_push
from lookup.services.leave import leaving
from lookup.services.replay_quarantine import (
    Actor,
    Closing,
    Fault,
    Sought,
    close,
    count,
    find,
    matching,
    named,
)
from lookup.settings import PushSettings, read

_DESCRIPTION = """Refused events are kept sealed until they are settled: by a mended event of their source, by judging
them again here after a rulebook, a client's scope or a clock was mended, or by closing one with a reason. Uses the push
settings (LOOKUP_DATABASE_URL …) and connects as the login itself, not as LOOKUP_DATABASE_ROLE."""
_EPILOG = """Exit status: 0 done, or nothing to list; 1 there is no such event or client, not all was taken, or you said
no; 2 wrong use."""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this command and its actions."""
    parser = commands.add_parser(
        "quarantine",
        help="look at refused events, judge them again, or close one",
        description=_DESCRIPTION,
        epilog=_EPILOG,
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listed = actions.add_parser("list", help="list refused events, newest first")
    listed.add_argument(
        "--state",
        choices=[state.value for state in State],
        default=State.OPEN.value,
        help="only in this state (%(default)s)",
    )
    listed.add_argument(
        "--limit",
        type=a_number,
        default=50,
        help="how many at most (%(default)s); it is told when there are more",
    )
    again = actions.add_parser(
        "replay", help="judge some, or all open ones that match, again as a push would"
    )
    again.add_argument(
        "item", type=a_number, nargs="*", help="numbers of items; in place of them name a filter, or --all"
    )
    again.add_argument("--all", action="store_true", help="every open one")
    again.add_argument("--yes", action="store_true", help="do not ask")
    for each in (listed, again):
        _add_filters(each)
    shown = actions.add_parser("show", help="show one with its reason")
    closing = actions.add_parser("close", help="close one for good reasons, without taking its event")
    reasons = "; ".join(f"{code}: {english}" for code, (_, english) in REASONS.items())
    closing.add_argument("--reason", choices=tuple(REASONS), required=True, help=reasons)
    for each in (shown, closing):
        each.add_argument("item", type=a_number, help="number of the item, as `list` shows it")
    for each in (listed, shown, again, closing):
        each.epilog = _EPILOG


def _add_filters(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--client", type=a_text, help="only of this client")
    parser.add_argument("--rule", type=a_text, help="only refused by this rule")
    parser.add_argument("--event", type=a_text, help="only with this event id")
    parser.add_argument(
        "--since", type=a_moment, help="only received from YYYY-MM-DD[THH:MM] on (Asia/Shanghai)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Run one action."""
    action = {"list": _list, "show": _show, "replay": _replay, "close": _close}[arguments.action]
    settings = replace(read(PushSettings, os.environ), database_role="")
    with leaving(open_push(settings)) as context:
        return action(context, arguments)


def _list(context: PushContext, arguments: argparse.Namespace) -> int:
    if _stranger(context, arguments):
        return 1
    sought = replace(_sought(arguments), state=arguments.state)
    found = find(context, sought, arguments.limit)
    for item in found:
        print(
            f"{item.id:>8}  {_time(item.received)}  {item.client:<16} {item.rule:<32} {item.state:<9} {item.event}"
        )
    if not found:
        print("None.")
    total = count(context, sought) if len(found) == arguments.limit else len(found)
    if total > len(found):
        print(f"{total - len(found)} more, older; `--limit {total}` shows all.", file=sys.stderr)
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
        "closed for": f"{REASONS[item.reason][1]} ({item.reason})" if item.reason in REASONS else item.reason,
        "ended": _time(item.ended) if item.ended else "",
    }  # fmt: skip
    print("\n".join(f"{name:<11} {value}" for name, value in lines.items() if value))
    return 0


def _replay(context: PushContext, arguments: argparse.Namespace) -> int:
    sought = _sought(arguments)
    if (bool(arguments.item), sought != Sought(), arguments.all).count(True) != 1:
        raise WrongUse("name items, a filter, or --all; one of the three")
    if _stranger(context, arguments):
        return 1
    known = named(context, sorted({*arguments.item}) or matching(context, sought))
    absent = sorted({*arguments.item} - {item.id for item in known})
    if absent and known:
        print(f"There is no such item: {', '.join(map(str, absent))}.", file=sys.stderr)
    if not known:
        return _nothing()
    number = f"{len(known):,} refused event{'' if len(known) == 1 else 's'}"
    if not sure(f"Judge {number} again?", yes=arguments.yes):
        return 1
    return 0 if judge_again(context, known) and not absent else 1


def _close(context: PushContext, arguments: argparse.Namespace) -> int:
    actor = Actor(operator_token(context.settings.pepper, operator_name()))
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


def _stranger(context: PushContext, arguments: argparse.Namespace) -> bool:
    """Say whether there is no client that was asked for, and tell so: none of its events would mean something else."""
    if arguments.client is None:
        return False
    found = register_client.shown(context, arguments.client)
    if isinstance(found, register_client.Refusal):
        print(found.text, file=sys.stderr)
        return True
    return False


def _time(us: int) -> str:
    return f"{datetime.fromtimestamp(us / 1_000_000, SHANGHAI):%Y-%m-%d %H:%M:%S}"
