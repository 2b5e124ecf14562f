"""The servers and the browser that other tests stand on are real and answer."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import redis
import sqlalchemy as sa
from playwright.sync_api import Browser

from tests.support import keeper, postgres, session
from tests.support.waiting import until


def answer(url: str, statement: str) -> object:
    """First value of the first row that the database of this URL gives; None without rows."""
    engine = sa.create_engine(url)
    try:
        with engine.begin() as connection:
            result = connection.execute(sa.text(statement))
            return result.scalar() if result.returns_rows else None
    finally:
        engine.dispose()


def test_both_databases_answer(database_url: str) -> None:
    """A test that asks for a database gets one that answers, of each kind."""
    assert answer(database_url, "SELECT 1") == 1


def test_postgres_is_real_and_recent(postgres_url: str) -> None:
    """The PostgreSQL of the tests is at least release 16."""
    assert int(str(answer(postgres_url, "SHOW server_version_num"))) >= 160000


def test_every_test_has_its_own_database(postgres_server: str) -> None:
    """A table made in one fresh database is not in the next one, and a dropped one is gone."""
    with postgres.lent(postgres_server) as first, postgres.lent(postgres_server) as second:
        answer(first, "CREATE TABLE mark (id int)")
        assert answer(second, "SELECT count(*) FROM pg_tables WHERE tablename = 'mark'") == 0
    with pytest.raises(sa.exc.OperationalError):
        answer(first, "SELECT 1")


def test_a_template_is_prepared_once(postgres_server: str) -> None:
    """Databases made from a template have what its preparation made, which ran a single time."""
    calls: list[str] = []

    def prepare(url: str) -> None:
        calls.append(url)
        answer(url, "CREATE TABLE prepared AS SELECT 7 AS value")

    name = f"test-{os.getpid()}"
    for _ in range(2):
        made = postgres.template(postgres_server, name, prepare)
        with postgres.lent(postgres_server, made) as url:
            assert answer(url, "SELECT value FROM prepared") == 7
    assert len(calls) == 1


def test_valkey_answers_and_is_empty(valkey_url: str) -> None:
    """Valkey answers PING and holds nothing of an earlier test."""
    with redis.Redis.from_url(valkey_url) as client:
        assert client.ping() is True
        assert client.dbsize() == 0


def test_the_browser_shows_a_page(browser: Browser) -> None:
    """The browser opens a page and reads its Chinese title."""
    page = browser.new_page()
    page.set_content("<title>报警结果查询</title>")
    assert page.title() == "报警结果查询"
    page.close()


def test_a_keeper_ends_its_server_when_the_owner_is_gone(tmp_path: Path) -> None:
    """A server does not outlive the process that it was started for, and its folder is removed."""
    home = tmp_path / "home"
    home.mkdir(mode=0o755)
    with subprocess.Popen(["sleep", "60"]) as owner:
        command = [sys.executable, keeper.__file__, str(owner.pid), str(os.geteuid()), str(os.getegid())]
        with subprocess.Popen([*command, str(home), "sleep", "61"]) as keeping:
            until(Path(f"/proc/{keeping.pid}/task/{keeping.pid}/children").read_text)
            owner.kill()
            owner.wait()
            assert keeping.wait(60) != 0
    assert not home.exists()


def test_what_a_killed_run_left_is_removed() -> None:
    """A run sweeps away the folder of a run whose process is gone, and no other."""
    with subprocess.Popen(["true"]) as gone:
        gone.wait()
    left, used = (Path(tempfile.mkdtemp(prefix="lookup-test-", dir=session.TEMPORARY)) for _ in range(2))
    (left / "owner").write_text(str(gone.pid))
    (used / "owner").write_text(str(os.getpid()))
    session.sweep()
    assert not left.exists()
    assert used.exists()
    shutil.rmtree(used)
