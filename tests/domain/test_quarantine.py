"""How a refused event may leave quarantine."""

from __future__ import annotations

import pytest

from lookup.domain.quarantine import UNTAKEN, State, may_become

LAWFUL = {
    ("open", "settled"), ("open", "replayed"), ("open", "closed"), ("open", "withdrawn"),
    ("closed", "open"), ("closed", "settled"), ("withdrawn", "open"), ("withdrawn", "settled"),
}  # fmt: skip


@pytest.mark.parametrize("now", State)
@pytest.mark.parametrize("then", State)
def test_only_the_listed_changes_are_lawful(now: State, then: State) -> None:
    """Whatever is not in the list above is refused."""
    assert may_become(now, then) is ((now.value, then.value) in LAWFUL)


def test_what_was_taken_is_over_for_good() -> None:
    """An item whose event was taken, as it was or mended, changes no more; every other one may still be settled."""
    assert {state for state in State if not any(may_become(state, then) for then in State)} == set(
        State
    ) - UNTAKEN
    assert all(may_become(state, State.SETTLED) for state in UNTAKEN)
