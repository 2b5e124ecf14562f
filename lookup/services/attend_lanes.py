"""Which lanes have ended: closed in order (`sys.close`), or lost with their process (`sys.writer_lost`).

An ended lane is only looked at less often; whatever verifies in it is still integrated, so a wrong guess costs seconds.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable, Iterable, Mapping

from lookup.ledger.entry import ACTIONS
from lookup.storage.database import Transaction
from lookup.storage.sequencing import WriterRow, endings

SILENT_US = 24 * 3_600_000_000
CLOSE = ACTIONS["sys.close"]


def ended(conn: Transaction) -> set[int]:
    """Return the lanes that the log itself says have ended."""
    found = set()
    for writer, action, detail in endings(conn):
        named = writer if action == CLOSE else _named(detail)
        if named is not None:
            found.add(named)
    return found


def _named(detail: str | None) -> int | None:
    try:
        writer = json.loads(detail or "")["writer"]
    except (ValueError, KeyError, TypeError):
        return None
    return writer if isinstance(writer, int) else None


def lost(
    rows: Iterable[WriterRow],
    heard: Mapping[int, int],
    now: int,
    alive: Callable[[int], bool] | None = None,
) -> list[int]:
    """Return the lanes whose process is gone: on this host its process id, elsewhere a day (`SILENT_US`) of silence.

    `heard` is when each lane last brought an entry (µs). A process id taken by another process counts as alive
    until the day is over.
    """
    host, alive = socket.gethostname(), alive or _alive
    return [
        row.id
        for row in rows
        if now - heard.get(row.id, now) > SILENT_US or (row.host == host and not alive(row.pid))
    ]


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
