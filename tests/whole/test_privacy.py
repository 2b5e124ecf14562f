"""A whole journey leaves nothing of a person behind: the raw files are searched, not the queries' answers."""

from __future__ import annotations

import http.cookiejar
import urllib.error
import urllib.parse
import urllib.request
from contextlib import ExitStack
from pathlib import Path

import pytest

from lookup.client import PushClient
from lookup.storage import migrate
from lookup.storage.database import open_database
from tests.support import pushing
from tests.support.processes import environment, free_port, running, serving, wait_for

PHONE, ID_NUMBER, NAME = "19900004321", "999999200001010011", "欧阳测试甲"


def persons() -> list[dict[str, str]]:
    """Everything about a person that a police system may send."""
    return [
        {"role": "reporter", "phone": PHONE},
        {"role": "victim", "phone": "19900008765", "id_number": ID_NUMBER, "name": NAME},
    ]


def visit(base: str, form: dict[str, str]) -> str:
    """Verify, read the report and sign out as a browser does; returns the report's page."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    try:
        page: str = opener.open(base + "/verify", urllib.parse.urlencode(form).encode()).read().decode()
    except urllib.error.HTTPError as refused:
        return str(refused.read().decode())
    opener.open(base + "/signout", b"")
    return page


def journey(base: str, push: str, seed: bytes, key: str) -> tuple[str, str]:
    """Push, quarantine, guess wrong, look, sign out; returns the code and the report's page."""
    with PushClient(push, key, seed, pushing.SOURCE) as client:
        sent = client.send(pushing.event(data__persons=persons()))
        bad = client.send_batch(
            [pushing.event("bad", data__from="J10", data__to="J92", data__persons=persons())]
        )
    assert bad[0].outcome == "quarantined"
    assert sent.reference is not None
    code = str(sent.reference["code"])
    form = {"number": pushing.NUMBER, "code": code, "fact": "phone", "phone4": PHONE[-4:]}
    visit(base, form | {"phone4": "0000"})
    visit(base, form | {"fact": "id", "id6": ID_NUMBER[-6:], "name": "不是本人"})
    second = form | {"fact": "id", "id6": ID_NUMBER[-6:], "name": NAME}
    assert "已" in visit(base, second)
    return code, visit(base, form)


def registered(database_url: str) -> str:
    """A migrated database with one push client; returns the key id."""
    database = open_database(database_url)
    migrate.upgrade(database)
    key = pushing.Desk(database).key
    database.close()
    return key


@pytest.mark.xdist_group("processes")
def test_a_journey_leaves_no_person_in_any_file(sqlite_url: str, tmp_path: Path) -> None:
    """Database, write-ahead log and every process's output hold no phone, ID, name, second fact or query code."""
    key = registered(sqlite_url)
    port, push_port = free_port(), free_port()
    environ = environment(sqlite_url, port)
    with ExitStack() as stack:
        for surface, number in (("citizen", port), ("push", push_port)):
            process = stack.enter_context(
                running(serving(surface, number), environ, tmp_path / f"{surface}.log")
            )
            wait_for(f"http://127.0.0.1:{number}/healthz", process)
        stack.enter_context(running(["-m", "lookup", "work"], environ, tmp_path / "worker.log"))
        code, page = journey(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{push_port}", pushing.SEED, key)
        assert "199****4321" in page
    searched = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.stat().st_size > 50_000 for path in searched)
    for secret in (PHONE, "19900008765", ID_NUMBER, ID_NUMBER[:-1], NAME, code, code.replace("-", "")):
        for path in searched:
            assert secret.encode() not in path.read_bytes(), f"{path.name} holds a secret"
