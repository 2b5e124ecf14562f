"""Fixtures for every test: real servers started once a run, fresh databases, a browser.

Servers start when a test first asks for one, are shared by all xdist workers, and end with the run.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from playwright.sync_api import Browser, expect, sync_playwright

from lookup.storage.database import Database
from tests.support import browser as browsers
from tests.support import budgets, databases, postgres, session, valkey, waiting

# A loaded machine is no reason to fail: no test may depend on its own speed.
settings.register_profile("lookup", deadline=None, print_blob=True)
settings.load_profile("lookup")

OPENED = pytest.StashKey[Path | None]()


def pytest_configure(config: pytest.Config) -> None:
    """Open the run's folder in the process that the workers are started from."""
    config.stash[OPENED] = session.open_session()
    budgets.install()


def pytest_unconfigure(config: pytest.Config) -> None:
    """End what this run has started."""
    opened = config.stash.get(OPENED, None)
    if opened is not None:
        session.close_session(opened)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Let no test cross midnight, and none that spends a budget the moment when attempt counters begin anew."""
    time.sleep(waiting.before_the_edge(time.time(), _marked(item)))
    budgets.WATCH.spent.clear()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Fail a test that spends a budget and does not say so."""
    yield
    if complaint := budgets.WATCH.complaint(_marked(item)):
        pytest.fail(complaint, pytrace=False)


def _marked(item: pytest.Item) -> bool:
    return item.get_closest_marker(budgets.MARK) is not None


@pytest.fixture(scope="session")
def postgres_server() -> str:
    """URL of the administration database of a real PostgreSQL."""
    return postgres.server_url()


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """URL (`postgresql+psycopg://…`) of an empty database of this test's own."""
    with postgres.lent(postgres_server) as url:
        yield url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """URL (`sqlite:////…`) of a database file of this test's own, that does not exist yet."""
    return f"sqlite:///{tmp_path / 'lookup.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty database of this test's own; the test runs once on SQLite and once on PostgreSQL."""
    name = {"sqlite": "sqlite_url", "postgresql": "postgres_url"}[request.param]
    url: str = request.getfixturevalue(name)
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def migrated_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of this test's own with the newest schema; the test runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        made = databases.migrated_sqlite(tmp_path)
    else:
        made = databases.migrated_postgres(request.getfixturevalue("postgres_server"))
    with made as url:
        yield url


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    """`migrated_url`, opened."""
    with databases.opened(migrated_url) as database:
        yield database


@pytest.fixture(scope="session")
def valkey_server() -> str:
    """URL of a real Valkey, without a database number."""
    return valkey.server_url()


@pytest.fixture
def valkey_url(valkey_server: str, worker_id: str) -> str:
    """URL (`redis://…/N`) of a Valkey database of this worker's own, emptied."""
    return valkey.emptied(valkey_server, worker_id)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the Chromium program."""
    return browsers.executable()


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """A headless Chromium. Open a `new_context()` a test; as long as it runs this thread has an event loop."""
    with sync_playwright() as playwright:
        expect.set_options(timeout=30_000)
        opened = playwright.chromium.launch(executable_path=chromium, args=browsers.ARGUMENTS)
        yield opened
        opened.close()
