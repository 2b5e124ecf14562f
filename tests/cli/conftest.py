"""What tests of several commands begin with."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from lookup.cli.main import main
from tests.support import databases
from tests.support.pushing import SEED, SOURCE, Desk, configure
from tests.support.pushing_http import Faulty, served


class Push:
    """`lookup push` with address and key filled in; `words` are those of the command line."""

    def __init__(self, words: list[str]) -> None:
        """Keep what comes before the inputs."""
        self.words = words

    def __call__(self, *more: object) -> int:
        """Run it here and return the exit status."""
        return main([*self.words, *map(str, more)])


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A desk, and the push settings of its database in the environment."""
    with databases.migrated_sqlite(tmp_path) as url, databases.opened(url) as database:
        desk = Desk(database)
        configure(monkeypatch, url)
        yield desk


@pytest.fixture
def pushing(configured: Desk, tmp_path: Path) -> Iterator[tuple[Desk, Faulty, Push]]:
    """A served desk, its faults, and `lookup push` with address and key filled in."""
    key = tmp_path / "key.secret"
    key.write_text(base64.urlsafe_b64encode(SEED).decode() + "\n")
    with served(configured) as (url, faulty):
        words = ["--url", url, "--key-id", configured.key, "--key-file", str(key), "--source", SOURCE]
        yield configured, faulty, Push(["push", *words])
