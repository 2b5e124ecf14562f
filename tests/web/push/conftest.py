"""Fixtures of the push surface."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import databases
from tests.support.pushing import Desk


@pytest.fixture
def sqlite_desk(tmp_path: Path) -> Iterator[Desk]:
    """A push desk on SQLite only, for rules that have nothing to do with the database."""
    with databases.migrated_sqlite(tmp_path) as url, databases.opened(url) as database:
        yield Desk(database)
