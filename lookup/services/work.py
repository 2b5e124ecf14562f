"""The background worker: sequencing, heartbeats, tidying, upkeep. Several may run; one is elected, others stand by."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event, Thread

from lookup.ledger.provider import name_of
from lookup.services import collect_cosignatures, follow_sequences, upkeep
from lookup.services.contexts import RetentionContext, WorkerContext
from lookup.services.integrate import Sequencer, open_sequencer
from lookup.services.law import read_law
from lookup.services.show_ahead import begin_edition, show_ahead
from lookup.services.tidy import tidy
from lookup.storage import sequencing
from lookup.storage.lanes import close_lanes

BUSY_S, IDLE_S, STANDBY_S, TIDY_S = 0.2, 1.0, 2.0, 60.0


def work(
    context: WorkerContext,
    stopped: Callable[[], bool],
    told: Callable[[str], None],
    retention: RetentionContext | None = None,
) -> None:
    """Run until `stopped()`; `told` gets one line for an operator whenever the role changes.

    `retention` is what may seal and prune (`contexts.open_upkeep`), None when nothing does.
    Raises SequencerError when the log can not be continued safely; a supervisor of processes starts it anew.
    """
    with context.database.engine.connect() as seat:
        while not stopped() and not sequencing.elect(context.database, seat):
            told("another worker is sequencing; standing by")
            time.sleep(STANDBY_S)
        if stopped():
            return
        sequencer = open_sequencer(context)
        told(f"sequencing from size {sequencer.builder.size}")
        booted: dict[str, str | int] = {"size": sequencer.builder.size, "hash": name_of(sequencer.digest)}
        sequencer.say("sys.boot", "succeeded", booted)
        announce_keys(sequencer)
        ending = Event()
        beside = [
            collect_cosignatures.start(context, ending),
            upkeep.start(context, retention, ending),
            follow_sequences.start(context, ending),
        ]
        try:
            _loop(context, sequencer, stopped)
            _join(beside, ending)
            close_lanes(context.database, context.pen)
            sequencer.tick()
        finally:
            ending.set()
            sequencing.resign(context.database, seat)


def _join(beside: list[Thread | None], ending: Event) -> None:
    """End the threads before the lanes are closed; one in the middle of something long is left behind."""
    ending.set()
    for thread in beside:
        if thread is not None:
            thread.join(collect_cosignatures.TIMEOUT_S)


def announce_keys(sequencer: Sequencer) -> None:
    """While two keys sign, the log itself says which is the new one (`sys.keyrotate`, under both signatures)."""
    for key in sequencer.keys[1:]:
        detail: dict[str, str | int] = {"vkey": key.public.vkey(), "from": sequencer.builder.size}
        sequencer.say("sys.keyrotate", "succeeded", detail)


def _loop(context: WorkerContext, sequencer: Sequencer, stopped: Callable[[], bool]) -> None:
    tidied = 0.0
    law = read_law()
    anew = begin_edition(context.database, law)
    while not stopped():
        integrated = sequencer.tick()
        sequencer.beat()
        next(anew, None)
        told = show_ahead(context.database, law)
        if time.monotonic() - tidied > TIDY_S:
            sequencer.attend()
            tidy(context)
            tidied = time.monotonic()
        if integrated == told == 0:
            time.sleep(IDLE_S)
        elif integrated < 1000:
            time.sleep(BUSY_S)
