"""What is typed as a number of days: none that would take everything, none that no calendar has."""

from __future__ import annotations

import pytest

from lookup.cli.main import main
from lookup.storage import tables
from tests.support.pushing import Desk, count

WRONG = [
    ["erase", "--older-than-days=-1"],
    ["erase", "--older-than-days", "0"],
    ["erase", "--older-than-days", "9" * 20],
    ["erase", "--older-than-days", "x"],
    ["archive", "--policy", "policy", "prune", "--keep-days", "9" * 20],
    ["alarm", "acknowledge", "9" * 20, "--reason", "drill", "--decision", "1234"],
]


@pytest.mark.parametrize("words", WRONG, ids=" ".join)
def test_a_number_that_is_none_changes_nothing(
    configured: Desk, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Minus one day would have erased every entry up to tomorrow, for ever; it is wrong use, said in words."""
    before = count(configured.context.database, tables.audit_entry)
    with pytest.raises(SystemExit, match="2"):
        main(words)
    assert "must be a whole number" in capsys.readouterr().err.splitlines()[-1]
    assert count(configured.context.database, tables.audit_entry) == before
