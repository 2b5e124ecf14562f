"""A push desk and the console beside it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lookup.storage.database import Database, open_database
from tests.support.pushing import Desk
from tests.support.rooms import Room


@pytest.fixture
def room(database: Database, migrated_url: str) -> Iterator[Room]:
    """Both surfaces on one database."""
    console = open_database(migrated_url, role="lookup_console")
    yield Room(Desk(database), console)
    console.close()
