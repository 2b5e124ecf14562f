"""`lookup checkpoint`: the newest checkpoint with its cosignatures, for print, e-mail or a folder of anchors."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from lookup.services.export_checkpoint import export_daily
from lookup.services.transparency import checkpoint
from lookup.settings import SettingsError
from lookup.storage.database import open_database


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this command."""
    parser = commands.add_parser(
        "checkpoint",
        help="print the newest checkpoint of the audit log",
        description="Prints the newest signed checkpoint. Whoever keeps it can later show that the log was rewritten.",
    )
    parser.add_argument("--daily", type=Path, metavar="FOLDER", help="keep one file a day there instead")


def run(arguments: argparse.Namespace) -> int:
    """Print or keep it; exit 1 while the log is empty."""
    url = os.environ.get("LOOKUP_DATABASE_URL")
    if not url:
        raise SettingsError(["LOOKUP_DATABASE_URL is not set: say which database to read"])
    database = open_database(url, pool=1, role=os.environ.get("LOOKUP_DATABASE_ROLE") or None)
    latest = checkpoint(database)
    if latest is None:
        print("The log is empty.", file=sys.stderr)
    elif arguments.daily:
        kept = export_daily(database, arguments.daily, datetime.now(UTC))
        print(f"kept in {kept}" if kept else "this day has its file already")
    else:
        sys.stdout.buffer.write(latest[0])
    database.close()
    return 1 if latest is None else 0
