"""One folder a test run, shared by all its xdist workers, and the servers that live in it.

A server is started by the first test that asks for it and is ended by its keeper (`keeper.py`).
"""

import fcntl
import json
import os
import pwd
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.support.keeper import alive

VARIABLE = "LOOKUP_TEST_SESSION"
# Not below $TMPDIR: a socket's path must be short, and the servers may run as another user.
TEMPORARY = Path("/tmp")  # noqa: S108
KEEPER = Path(__file__).with_name("keeper.py")


def open_session() -> Path | None:
    """Make the folder of this test run and name it in the environment, which the workers inherit.

    Returns None when a run further out has made it already; only who made it may close it.
    """
    if VARIABLE in os.environ:
        return None
    sweep()
    folder = Path(tempfile.mkdtemp(prefix="lookup-test-", dir=TEMPORARY))
    folder.chmod(0o755)
    (folder / "owner").write_text(str(os.getpid()))
    os.environ[VARIABLE] = str(folder)
    return folder


def sweep() -> None:
    """Remove what runs left behind that were killed; their servers have been ended by their keepers."""
    for owner in TEMPORARY.glob("lookup-test-*/owner"):
        # Another run may be removing its own folder just now.
        with suppress(FileNotFoundError):
            if owner.lstat().st_uid == os.geteuid() and not alive(int(owner.read_text() or 1)):
                shutil.rmtree(owner.parent, ignore_errors=True)


def close_session(folder: Path) -> None:
    """End every server of this run by its keeper's process id, wait for them, remove the folder."""
    for state in folder.glob("*.json"):
        keeper = json.loads(state.read_text()).get("keeper")
        if keeper:
            os.kill(keeper, 15)
    deadline = time.monotonic() + 15
    while any((folder / state.stem).exists() for state in folder.glob("*.json")):
        if time.monotonic() > deadline:
            break
        time.sleep(0.02)
    shutil.rmtree(folder, ignore_errors=True)
    os.environ.pop(VARIABLE, None)


def folder() -> Path:
    """The folder of this test run; `open_session` must have been called (tests/conftest.py does)."""
    return Path(os.environ[VARIABLE])


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Hold the lock of this name against the other workers of the run."""
    with (folder() / f"{name}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def shared(name: str, start: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What `start` returned (JSON-serialisable) to the first worker that asked; the others get a copy.

    A value under "keeper" is the process id that ends the server, its folder must be `folder() / name`.
    """
    state = folder() / f"{name}.json"
    with locked(name):
        if not state.exists():
            state.write_text(json.dumps(start()))
        found: dict[str, Any] = json.loads(state.read_text())
        return found


def unprivileged() -> tuple[int, int]:
    """User and group to run servers as: nobody when we are root (PostgreSQL refuses root), else ourselves."""
    if os.geteuid() != 0:
        return os.geteuid(), os.getegid()
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def launch(home: Path, command: list[str]) -> int:
    """Start `command` in `home` under a keeper; returns the keeper's process id. Output goes to `log` beside it."""
    user, group = unprivileged()
    owner = (folder() / "owner").read_text()
    log = os.open(folder() / f"{home.name}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        return os.posix_spawn(
            sys.executable,
            [sys.executable, "-I", str(KEEPER), owner, str(user), str(group), str(home), *command],
            dict(os.environ, LC_ALL="C"),
            file_actions=[(os.POSIX_SPAWN_DUP2, log, 1), (os.POSIX_SPAWN_DUP2, log, 2)],
            setsid=True,
        )
    finally:
        os.close(log)


def wait_until(ready: Callable[[], bool], what: str, seconds: float = 60) -> None:
    """Wait until `ready` says yes; TimeoutError with the tail of the server's log when it does not."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            log = folder() / f"{what}.log"
            tail = log.read_text()[-2000:] if log.exists() else ""
            raise TimeoutError(f"{what} did not start:\n{tail}")
        time.sleep(0.02)
