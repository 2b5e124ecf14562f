"""Keeping checkpoints outside: one file a day in a folder that is mailed, printed or copied; the verifier's anchors."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from lookup.domain.calendar import SHANGHAI
from lookup.services.transparency import checkpoint
from lookup.storage.database import Database


def export_daily(database: Database, folder: Path, now: datetime) -> Path | None:
    """Write the newest checkpoint to `folder/YYYY-MM-DD.txt` unless that day (Asia/Shanghai) has its file already."""
    file = folder / f"{now.astimezone(SHANGHAI):%Y-%m-%d}.txt"
    latest = None if file.exists() else checkpoint(database)
    if latest is None:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    temporary = file.with_suffix(".new")
    temporary.write_bytes(latest[0])
    temporary.replace(file)
    return file
