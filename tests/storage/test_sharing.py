"""Group commit: each gets the answer to its own question, whoever does the work."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from lookup.storage.sharing import MOST, PATIENCE_S, Shared


class Work:
    """Doubles numbers; keeps the groups it was called with and fails for groups with a negative number."""

    def __init__(self) -> None:
        """Nothing has been asked yet; `gate` holds the first group up until it is opened."""
        self.groups: list[list[int]] = []
        self.running = 0
        self.gate = threading.Event()

    def __call__(self, numbers: Sequence[int]) -> list[int]:
        """Work for a group."""
        self.running += 1
        assert self.running == 1
        self.groups.append(list(numbers))
        self.gate.wait(10)
        self.running -= 1
        if min(numbers) < 0:
            raise ValueError("negative")
        return [2 * number for number in numbers]


def test_each_gets_its_own_answer_and_one_works_at_a_time() -> None:
    """Three hundred questions of many threads are answered in far fewer groups, none above the limit."""
    shared, work = Shared[int, int](), Work()
    with ThreadPoolExecutor(100) as threads:
        asked = [threads.submit(shared.ask, number, work) for number in range(300)]
        work.gate.set()
        assert [each.result() for each in asked] == [2 * number for number in range(300)]
    assert sorted(number for group in work.groups for number in group) == list(range(300))
    assert max(map(len, work.groups)) <= MOST


def test_whoever_comes_meanwhile_goes_with_the_next_group() -> None:
    """While the first is at work the others gather; together they are the second group."""
    shared, work = Shared[int, int](), Work()
    with ThreadPoolExecutor(5) as threads:
        first = threads.submit(shared.ask, 0, work)
        while not work.groups:
            pass
        others = [threads.submit(shared.ask, number, work) for number in range(1, 5)]
        while len(shared._queue) < 4:
            pass
        work.gate.set()
        assert first.result() == 0
        assert [each.result() for each in others] == [2, 4, 6, 8]
    assert [len(group) for group in work.groups] == [1, 4]


@pytest.mark.parametrize("places", [2, 4])
def test_several_groups_at_once_still_answer_each_question_once(places: int) -> None:
    """With more places than one no question is lost, answered twice or given to another."""
    shared, asked = Shared[int, int](places), list[int]()

    def work(numbers: Sequence[int]) -> list[int]:
        asked.extend(numbers)
        return [-number for number in numbers]

    with ThreadPoolExecutor(32) as threads:
        assert list(threads.map(lambda n: shared.ask(n, work), range(2000))) == [-n for n in range(2000)]
    assert sorted(asked) == list(range(2000))
    assert shared._working == 0


def test_a_failure_reaches_its_group_and_nobody_after_it() -> None:
    """What the work raises every asker of the group gets, and the next question is answered again."""
    shared, work = Shared[int, int](), Work()
    work.gate.set()
    with pytest.raises(ValueError, match="negative"):
        shared.ask(-1, work)
    assert shared.ask(4, work) == 8


def test_beside_work_that_takes_long_those_who_waited_begin_as_one_group() -> None:
    """The first is held up: with a second place the others do not wait for it, and none is answered twice."""
    shared, groups, gate = Shared[int, int](2), list[list[int]](), threading.Event()

    def work(numbers: Sequence[int]) -> list[int]:
        groups.append(list(numbers))
        if 0 in numbers:
            gate.wait(10)
        return [-number for number in numbers]

    with ThreadPoolExecutor(5) as threads:
        first = threads.submit(shared.ask, 0, work)
        while not groups:
            pass
        others = [threads.submit(shared.ask, number, work) for number in range(1, 5)]
        assert [each.result() for each in others] == [-1, -2, -3, -4]
        assert not first.done()
        gate.set()
        assert first.result() == 0
    assert groups[0] == [0]
    assert sorted(number for group in groups for number in group) == [0, 1, 2, 3, 4]


def test_with_one_place_nobody_begins_beside_another() -> None:
    """However long the first takes, the others go together after it."""
    shared, work = Shared[int, int](), Work()
    with ThreadPoolExecutor(5) as threads:
        asked = [threads.submit(shared.ask, number, work) for number in range(5)]
        while len(shared._queue) < 4:
            pass
        time.sleep(3 * PATIENCE_S)
        assert len(work.groups) == 1
        work.gate.set()
        assert [each.result() for each in asked] == [0, 2, 4, 6, 8]
    assert [len(group) for group in work.groups] == [1, 4]
