"""Group commit: requests that wait at the same time share one transaction, so that a disk's sync is paid once.

Knows nothing of what is asked; whoever comes while a commit is under way goes with the next one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Engine

from lookup.storage.database import Database

Q = TypeVar("Q")
A = TypeVar("A")
MOST = 64
PATIENCE_S = 0.005
PLACES = {"sqlite": 1, "postgresql": 4}
"""SQLite has one writer. PostgreSQL syncs several groups in one go when the disk is slow."""


def _closed() -> threading.Lock:
    gate = threading.Lock()
    gate.acquire()
    return gate


@dataclass(slots=True, eq=False)
class _Waiting(Generic[Q, A]):
    question: Q
    gate: threading.Lock = field(default_factory=_closed)
    leads: bool = False
    answers: list[A] = field(default_factory=list)
    error: BaseException | None = None


class Shared(Generic[Q, A]):
    """One queue of a process. Who comes while nobody works does so for all that have come; then the next one does.

    A group costs the same however large it is, so they are not cut small: only where work takes long (a slow disk, a
    replica far away) do those who have waited for some milliseconds begin beside it.
    """

    def __init__(self, places: int = 1, patience: float = PATIENCE_S) -> None:
        """Begin with nobody waiting; at most `places` groups are worked for at the same time.

        Where there are several, whoever has waited for `patience` seconds takes a free one.
        """
        self._guard = threading.Lock()
        self._queue: list[_Waiting[Q, A]] = []
        self._places = places
        self._patience = patience if places > 1 else -1
        self._working = 0

    def ask(self, question: Q, work: Callable[[Sequence[Q]], Sequence[A]]) -> A:
        """Return the answer of `work(questions)` that belongs to `question`; what it raises every asker gets.

        `work` must treat the questions as if each had been asked alone; every caller passes the same.
        """
        mine: _Waiting[Q, A] = _Waiting(question)
        with self._guard:
            if self._working:
                self._queue.append(mine)
            else:
                self._working, mine.leads = 1, True
        if not mine.leads and not mine.gate.acquire(timeout=self._patience) and not self._step_out(mine):
            mine.gate.acquire()
        if mine.leads:
            self._lead(mine, work)
        if mine.error is not None:
            raise mine.error
        return mine.answers[0]

    def _step_out(self, mine: _Waiting[Q, A]) -> bool:
        """Let who waits still take a free place and lead the others who wait."""
        with self._guard:
            if self._working == self._places or mine not in self._queue:
                return False
            self._queue.remove(mine)
            self._working += 1
            mine.leads = True
            return True

    def _lead(self, leader: _Waiting[Q, A], work: Callable[[Sequence[Q]], Sequence[A]]) -> None:
        """Work for the leader, who is in no queue, and for those who wait; then let the first of the rest lead."""
        with self._guard:
            group = [leader, *self._queue[: MOST - 1]]
            del self._queue[: MOST - 1]
        try:
            for each, answer in zip(group, work([each.question for each in group]), strict=True):
                each.answers.append(answer)
        except BaseException as error:
            for each in group:
                each.error = error
        with self._guard:
            heir = self._queue.pop(0) if self._queue else None
            self._working -= heir is None
        if heir is not None:
            heir.leads = True
            heir.gate.release()
        for each in group[1:]:
            each.gate.release()


class Queues(Generic[Q, A]):
    """The queues of each open database, one for each key that is asked for; they end with it."""

    def __init__(self, places: Mapping[str, int], patience: float = PATIENCE_S) -> None:
        """Begin with none; `places` are those of each queue by dialect."""
        self._places, self._patience = places, patience
        self._of: WeakKeyDictionary[Engine, dict[Hashable, Shared[Q, A]]] = WeakKeyDictionary()

    def of(self, database: Database, key: Hashable = None) -> Shared[Q, A]:
        """Return the one queue of this process for `key` on a database."""
        queues = self._of.setdefault(database.engine, {})
        return queues.get(key) or queues.setdefault(
            key, Shared(self._places[database.dialect], self._patience)
        )
