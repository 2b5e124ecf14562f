"""`lookup work`: the background worker."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading

from lookup.services.contexts import open_upkeep, open_worker
from lookup.services.integrate import SequencerError
from lookup.services.work import work
from lookup.settings import WorkerSettings, read


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this command."""
    commands.add_parser(
        "work",
        help="run the background worker: sequencing, checkpoints, tidying, retention",
        description="Sequences ledger entries, signs checkpoints, tidies, verifies, seals and prunes. Start as many "
        "as you like: one is elected, the others stand by. Stops in order on SIGTERM or Ctrl-C.",
    )


def run(arguments: argparse.Namespace) -> int:
    """Work until told to stop; exit 1 when the log can not be continued safely."""
    settings = read(WorkerSettings, os.environ)
    context, retention = open_worker(settings), open_upkeep(settings)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        work(context, stop.is_set, _told, retention)
    except SequencerError as fault:
        print(f"worker: stopped: {fault}", file=sys.stderr)
        return 1
    return 0


def _told(line: str) -> None:
    print(f"worker: {line}", file=sys.stderr, flush=True)
