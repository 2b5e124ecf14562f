"""Pushing the fictional month through the real push API, as a police system would: signed, in batches, resumable."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from lookup.cli.demo_home import DemoError, Home, Memory
from lookup.cli.demo_lists import day_lists
from lookup.cli.demo_month import SOURCE, Month
from lookup.client import PushClient, PushError
from lookup.client_oversight import Oversight

BATCH = 100


def load(home: Home, memory: Memory, month: Month, port: int, check: Callable[[], None]) -> Memory:
    """Push what is missing and return the new memory; `check` raises when a process has died meanwhile."""
    started, first, outcomes = time.monotonic(), memory.sent, Counter[str]()
    seed = bytes.fromhex(memory.push_seed)

    def pause(seconds: float) -> None:
        check()
        time.sleep(seconds)

    with PushClient(f"http://127.0.0.1:{port}", memory.push_key, seed, SOURCE, pause=pause) as client:
        _send_lists(client, memory, month)
        while not memory.loaded:
            batch = month.events[memory.sent : memory.sent + BATCH]
            try:
                outcomes.update(result.outcome for result in client.send_batch(batch))
            except PushError as fault:
                raise DemoError(
                    f"推送失败，再运行一次会接着推送 / push failed, run again to go on: {fault}"
                ) from None
            memory = replace(memory, sent=memory.sent + len(batch))
            home.remember(memory)
            _progress(memory, (memory.sent - first) / (time.monotonic() - started))
    _summary(outcomes, time.monotonic() - started)
    return memory


def _send_lists(client: PushClient, memory: Memory, month: Month) -> None:
    """Send the lists of the last week; they are compared at each look, so that the events may come after them."""
    try:
        for each in day_lists(month.events, datetime.fromisoformat(memory.ends)):
            Oversight(client).send_manifest(each.name, each.day, each.numbers)
    except PushError as fault:
        raise DemoError(
            f"日清单没有送到，再运行一次会接着送 / lists not sent, run again to go on: {fault}"
        ) from None


def _progress(memory: Memory, rate: float) -> None:
    percent = 100 * memory.sent // memory.total
    line = f"载入虚构数据 loading  {percent:3} %  {memory.sent}/{memory.total}  {rate:.0f} 事件/秒 events/s"
    if sys.stdout.isatty():
        print(f"\r{line} ", end="\n" if memory.loaded else "", flush=True)
    elif memory.loaded or percent // 10 > 100 * (memory.sent - BATCH) // memory.total // 10:
        print(line, flush=True)


def _summary(outcomes: Counter[str], seconds: float) -> None:
    words = {
        "accepted": "接受 accepted", "waiting": "早到待接 waiting", "duplicate": "重复 duplicate",
        "conflict": "冲突 conflict", "quarantined": "隔离 quarantined",
    }  # fmt: skip
    parts = [f"{text} {outcomes[name]}" for name, text in words.items() if outcomes[name]]
    print(f"{'，'.join(parts)}（{seconds:.1f} 秒 s）", flush=True)
