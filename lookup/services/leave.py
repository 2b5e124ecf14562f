"""The orderly end of a process: every ledger lane of it is closed, so that nobody has to wonder."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from lookup.services.outage import Writing
from lookup.storage.lanes import close_lanes

_log = logging.getLogger(__name__)

Context = TypeVar("Context", bound=Writing)


@contextmanager
def leaving(context: Context) -> Iterator[Context]:
    """Lend the context of a command; however the command ends, its lanes are closed in order, then its database."""
    try:
        yield context
    finally:
        leave(context)
        context.database.close()


def leave(context: Writing | None) -> int:
    """Close the lanes of the process; returns how many. A database that is gone is no reason not to end."""
    if context is None:
        return 0
    try:
        return close_lanes(context.database, context.pen)
    except Exception as error:
        _log.error("lanes were not closed: %s", type(error).__name__)
        return 0
