"""Processor time and memory of process trees, read from /proc (Linux)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
_TICK_US = 1_000_000 // os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the state on; empty for a process that has ended."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def parent(pid: int) -> int:
    """The parent of a process, 0 when it has ended."""
    fields = _stat(pid)
    return int(fields[1]) if fields else 0


def tree(root: int) -> list[int]:
    """`root` and all its descendants that live now."""
    children: dict[int, list[int]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            children.setdefault(parent(int(entry.name)), []).append(int(entry.name))
    found = [root]
    for pid in found:
        found += children.get(pid, [])
    return found


def cpu_us(roots: Iterable[int]) -> int:
    """utime + stime of these process trees in µs, with the descendants that have ended and were waited for."""
    total = 0
    for root in roots:
        for pid in tree(root):
            total += sum(int(ticks) for ticks in _stat(pid)[11:15]) * _TICK_US
    return total


def memory_mb(pid: int) -> tuple[float, float]:
    """PSS and RSS of one process in MB (10^6 bytes)."""
    text = (PROC / str(pid) / "smaps_rollup").read_text()
    found = {
        name: int(size) * 1024 / 1e6 for name, size in re.findall(r"^(Pss|Rss):\s+(\d+) kB$", text, re.M)
    }
    return found["Pss"], found["Rss"]


def step_back(leader: int) -> None:
    """Give the session that this process leads a tenth of the weight of others, where the kernel groups by session."""
    with suppress(OSError):
        (PROC / str(leader) / "autogroup").write_text("10")


def in_words() -> str:
    """The machine as the table's caption names it."""
    return f"{len(os.sched_getaffinity(0))} cores, load average {os.getloadavg()[0]:.1f} at the start"
