"""Which tests spend a budget of attempts: they have the mark `budgets`, and one without it that does so fails.

So a test that must not cross the moment when counters begin anew can not be forgotten: it fails on every other day.
"""

from __future__ import annotations

from lookup.domain.budget import Reservation, within
from lookup.storage import spending

MARK = "budgets"


class Watch:
    """Judges a counter as `within` does, and remembers the names of limits that were found spent."""

    def __init__(self) -> None:
        self.spent: set[str] = set()

    def __call__(self, reservation: Reservation, count: int) -> bool:
        """Say whether the counter still allows the try."""
        allowed = within(reservation, count)
        if not allowed:
            self.spent.add(reservation.limit.name)
        return allowed

    def complaint(self, marked: bool) -> str:
        """Return what is wrong with a test that has or has not the mark; "" where nothing is."""
        names = "" if marked else ", ".join(sorted(self.spent))
        return names and f"this test spends a budget ({names}): mark it with pytest.mark.{MARK}"


WATCH = Watch()


def install() -> None:
    """Have every counter of this process judged by WATCH."""
    setattr(spending, within.__name__, WATCH)
