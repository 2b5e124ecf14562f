"""While entries can not be written nothing is answered but 503; the first entry afterwards is the count of these."""

from __future__ import annotations

import logging
import threading
from typing import Protocol

from lookup.storage.database import Database
from lookup.storage.lanes import SYSTEM, Draft, Pen, append, now_us

_log = logging.getLogger(__name__)


class Writing(Protocol):
    """Any process's context."""

    @property
    def database(self) -> Database:
        """Its database."""

    @property
    def pen(self) -> Pen:
        """Its pen."""


class Outage:
    """Refused answers of this process that have no entry yet. Safe between threads; lost if the process dies."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._refused = 0
        self._since = 0

    def refuse(self) -> None:
        """Count one answer that was refused because its entry could not be written."""
        with self._lock:
            self._since = self._since if self._refused else now_us()
            self._refused += 1

    def settle(self, database: Database, pen: Pen) -> bool:
        """Leave `sys.gap` with the count, if there is one; False when it still can not be written."""
        if not self._refused:
            return True
        with self._lock:
            refused, since, self._refused = self._refused, self._since, 0
        if not refused:
            return True
        detail = {"refused": refused, "from": since, "to": now_us()}
        try:
            with database.write() as conn:
                append(conn, pen, Draft("sys.gap", "failed", SYSTEM, detail=detail))
        except Exception as error:
            _log.error("entries can not be written: %s", type(error).__name__)
            with self._lock:
                self._refused, self._since = self._refused + refused, since
            return False
        return True
