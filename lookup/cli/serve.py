"""`lookup serve SURFACE`: one surface under gunicorn with the settings of deploy/gunicorn.conf.py."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from lookup.cli.keys import SURFACES
from lookup.settings import SettingsError, read
from lookup.storage import migrate
from lookup.storage.database import open_database

CONFIG = Path(__file__).parents[2] / "deploy" / "gunicorn.conf.py"


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this command."""
    parser = commands.add_parser(
        "serve",
        help="serve one surface with gunicorn: citizen, console or push",
        description="Serves one surface with production settings from the environment (README, configuration). "
        "Run each surface as its own process and user with only its own secrets; `lookup work` runs beside them.",
    )
    parser.add_argument("surface", choices=("citizen", "console", "push"))
    parser.add_argument("--bind", default="127.0.0.1:8000", help="address:port or unix:PATH (%(default)s)")


def run(arguments: argparse.Namespace) -> int:
    """Check settings and schema first, so that a mistake is one clear line; then become gunicorn."""
    settings = read(SURFACES[arguments.surface], os.environ)
    database = open_database(settings.database_url, pool=1, role=settings.database_role or None)
    if (at := migrate.current(database)) != migrate.newest():
        raise SettingsError(
            [f"the database schema is {at or 'empty'}, not {migrate.newest()}: run `lookup migrate`"]
        )
    database.close()
    become_gunicorn(f"lookup.web.{arguments.surface}.wsgi:application()", arguments.bind)
    return 1


def become_gunicorn(application: str, bind: str) -> None:
    """Replace this process by gunicorn; does not return."""
    os.environ.setdefault(
        "MALLOC_ARENA_MAX", "1"
    )  # a heap for each thread costs a worker megabytes, one none
    words = command(application, bind)
    os.execv(words[0], words)  # noqa: S606 - the words are ours, no shell is involved


def command(application: str, bind: str) -> list[str]:
    """Return the words that start gunicorn in this Python."""
    return [sys.executable, "-m", "gunicorn", "--config", str(CONFIG), "--bind", bind, application]
