"""`lookup migrate`: bring the database to the newest schema."""

from __future__ import annotations

import argparse
import os

from lookup.settings import SettingsError
from lookup.storage import migrate
from lookup.storage.database import open_database


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this command."""
    parser = commands.add_parser(
        "migrate",
        help="bring the database to the newest schema",
        description="Brings LOOKUP_DATABASE_URL to the newest schema. Safe to repeat and to run on several hosts.",
    )
    parser.add_argument(
        "--check", action="store_true", help="change nothing; exit 1 when the schema is not the newest"
    )


def run(arguments: argparse.Namespace) -> int:
    """Migrate, or only say where the database stands."""
    url = os.environ.get("LOOKUP_DATABASE_URL")
    if not url:
        raise SettingsError(["LOOKUP_DATABASE_URL is not set: say which database to migrate"])
    database = open_database(url, pool=1)
    before, newest = migrate.current(database), migrate.newest()
    if arguments.check:
        print(f"schema {before or 'empty'}, newest {newest}")
        return 0 if before == newest else 1
    migrate.upgrade(database)
    print(f"schema {newest}" + (" (nothing to do)" if before == newest else f", was {before or 'empty'}"))
    return 0
