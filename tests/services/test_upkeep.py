"""What the worker does by the calendar: when each act is due, that it leaves its entry, and what a failure leads to."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lookup.domain.calendar import SHANGHAI
from lookup.ledger.segment import YEARS_3
from lookup.services import upkeep
from lookup.services.contexts import RetentionContext, open_upkeep
from lookup.services.integrate import open_sequencer
from lookup.services.self_check import self_check
from lookup.services.upkeep import AGAIN_S, DAY_S, Act, acts, attend, export, retain
from lookup.settings import SettingsError, WorkerSettings, read
from lookup.storage.database import Database
from lookup.storage.lanes import close_lanes
from tests.services.test_integrate import details, write
from tests.support.contexts import PEN, settings, worker
from tests.support.processes import environment

ANCHOR, PRUNE, CLOSE = 92, 91, 81


def retention(database: Database) -> RetentionContext:
    """Whoever may prune."""
    return RetentionContext(settings(WorkerSettings, ""), database, PEN)


def test_the_settings_say_what_is_done(database: Database, tmp_path: Path) -> None:
    """Verification by default, a checkpoint a day with a folder of anchors, retention with an archive; else nothing."""
    plain = worker(database)
    assert plain.settings.keep_days == YEARS_3
    assert [act.name for act in acts(plain, retention(database), 0)] == ["verification"]
    whole = worker(database, archive=str(tmp_path), anchors=str(tmp_path), verify_hours=0)
    assert [act.name for act in acts(whole, retention(database), 0)] == ["checkpoint", "retention"]
    assert acts(whole, None, 0)[1:] == []
    assert open_upkeep(plain.settings) is None


def test_a_restart_does_not_put_off_the_verification(database: Database) -> None:
    """It is due a day after the last one that the log knows; at a first start soon, after the sequencer."""
    write(database, 1)
    open_sequencer(worker(database)).tick()
    now = time.time()
    assert acts(worker(database), None, now)[0].due == now + upkeep.LOOK_S
    self_check(worker(database))
    assert abs(acts(worker(database), None, now)[0].due - now - DAY_S) < 60


def test_an_act_that_breaks_is_tried_again() -> None:
    """The others are done, in time; it waits an hour and not until tomorrow."""
    told: list[str] = []

    def broken() -> None:
        told.append("broken")
        raise OSError

    planned = [
        Act("a", DAY_S, broken),
        Act("b", DAY_S, lambda: told.append("b")),
        Act("c", 1, told.clear, 99),
    ]
    attend(planned, 10)
    assert (told, [act.due for act in planned]) == (["broken", "b"], [10 + AGAIN_S, 10 + DAY_S, 99])


def test_one_checkpoint_a_day_is_an_entry(database: Database, tmp_path: Path) -> None:
    """The first of a day is kept and recorded; a folder that can not be written is recorded and raised."""
    context = worker(database, anchors=str(tmp_path / "kept"))
    export(context)
    assert details(database, ANCHOR) == []
    write(database, 1)
    open_sequencer(context).tick()
    export(context)
    export(context)
    day = f"{datetime.now(UTC).astimezone(SHANGHAI):%Y-%m-%d}"
    assert details(database, ANCHOR) == [f'{{"day":"{day}"}}']
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        export(worker(database, anchors=str(tmp_path / "file")))
    assert len(details(database, ANCHOR)) == 2


def test_an_archive_that_can_not_be_verified_is_an_entry(database: Database, tmp_path: Path) -> None:
    """Whatever hinders sealing or pruning leaves `sys.prune` failed; without a whole segment nothing happens."""
    context = worker(database, archive=str(tmp_path))
    retain(context, retention(database))
    assert details(database, PRUNE) == []
    broken = replace(context, settings=replace(context.settings, keep_days=1))
    with pytest.raises(ValueError, match="183"):
        retain(broken, retention(database))


def test_the_thread_ends_in_order(database: Database, tmp_path: Path) -> None:
    """It does what is due at once, and closes the lanes of retention when it is told to stop."""
    write(database, 1)
    context = worker(database, anchors=str(tmp_path))
    open_sequencer(context).tick()
    stop = threading.Event()
    stop.set()
    upkeep.start(context, retention(database), stop).join()
    assert len(details(database, ANCHOR)) == 1
    assert len(details(database, CLOSE)) == 1
    close_lanes(database, PEN)


def test_a_time_that_is_too_short_is_refused() -> None:
    """Less than six months is no setting."""
    environ = environment("sqlite:////tmp/x.db", 1)
    assert read(WorkerSettings, environ | {"LOOKUP_KEEP_DAYS": "183"}).keep_days == 183
    for days in ("182", "0", "-1", "x"):
        with pytest.raises(SettingsError):
            read(WorkerSettings, environ | {"LOOKUP_KEEP_DAYS": days})
