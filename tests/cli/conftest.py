"""What tests of several commands begin with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import databases
from tests.support.pushing import Desk, configure


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A desk, and the push settings of its database in the environment."""
    with databases.migrated_sqlite(tmp_path) as url, databases.opened(url) as database:
        desk = Desk(database)
        configure(monkeypatch, url)
        yield desk
