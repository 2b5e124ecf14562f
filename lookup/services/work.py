"""The background worker: sequencing, heartbeats, tidying. Several may run; one is elected, the others stand by."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

from lookup.services import collect_cosignatures, self_check
from lookup.services.contexts import WorkerContext
from lookup.services.export_checkpoint import export_daily
from lookup.services.follow_sequences import fold
from lookup.services.integrate import Sequencer, open_sequencer
from lookup.services.tidy import tidy
from lookup.storage import sequencing
from lookup.storage.lanes import close_lanes

BUSY_S, IDLE_S, STANDBY_S, TIDY_S = 0.2, 1.0, 2.0, 60.0


def work(context: WorkerContext, stopped: Callable[[], bool], told: Callable[[str], None]) -> None:
    """Run until `stopped()`; `told` gets one line for an operator whenever the role changes.

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
        sequencer.say("sys.boot", "succeeded", {"size": sequencer.builder.size})
        announce_keys(sequencer)
        ending = Event()
        collector = collect_cosignatures.start(context, ending)
        self_check.start(context, ending)
        try:
            _loop(context, sequencer, stopped)
            close_lanes(context.database, context.pen)
            sequencer.tick()
        finally:
            ending.set()
            if collector is not None:
                collector.join(collect_cosignatures.TIMEOUT_S)
            sequencing.resign(context.database, seat)


def announce_keys(sequencer: Sequencer) -> None:
    """While two keys sign, the log itself says which is the new one (`sys.keyrotate`, under both signatures)."""
    for key in sequencer.keys[1:]:
        detail: dict[str, str | int] = {"vkey": key.public.vkey(), "from": sequencer.builder.size}
        sequencer.say("sys.keyrotate", "succeeded", detail)


def _loop(context: WorkerContext, sequencer: Sequencer, stopped: Callable[[], bool]) -> None:
    tidied = 0.0
    while not stopped():
        integrated = sequencer.tick()
        sequencer.beat()
        if time.monotonic() - tidied > TIDY_S:
            sequencer.attend()
            tidy(context)
            fold(context)
            if context.settings.anchors:
                export_daily(context.database, Path(context.settings.anchors), datetime.now(UTC))
            tidied = time.monotonic()
        if integrated == 0:
            time.sleep(IDLE_S)
        elif integrated < 1000:
            time.sleep(BUSY_S)
