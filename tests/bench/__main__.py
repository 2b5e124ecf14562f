"""`python -m tests.bench [--quick] [row …]`: measures and prints one table of ratios."""

from __future__ import annotations

import argparse

from tests.bench import answers, catchup, in_process, ledger, machine, pushes, starting, volume
from tests.bench.places import bench, on_disk
from tests.bench.report import table

GROUPS = {
    "answer": answers.rows,
    "growth": answers.growth,
    "start": starting.rows,
    "ledger": ledger.rows,
    "volume": volume.rows,
    "push": pushes.rows,
    "catchup": catchup.rows,
    "stream": catchup.stream,
    "open": in_process.rows,
}
BY_HAND = ("stream",)
"""Rows that take so long that they run only when named."""


def main() -> None:
    """Run the rows that were asked for, all without a name."""
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="fewer and shorter rounds, 10^5 instead of 10^6 incidents"
    )
    parser.add_argument(
        "rows", nargs="*", metavar="row", help=f"any of: {' '.join(GROUPS)} (default: all but stream)"
    )
    arguments = parser.parse_args()
    unknown = set(arguments.rows) - set(GROUPS)
    if unknown:
        parser.error(f"unknown row: {' '.join(sorted(unknown))}; there are {' '.join(GROUPS)}")
    where = "a disk" if on_disk() else "a memory file system: figures of durable writes mean nothing"
    head = f"{machine.in_words()}; databases on {where}; PostgreSQL fsync=on, synchronous_commit=on"
    found = []
    with bench(arguments.quick) as run:
        for name in arguments.rows or [name for name in GROUPS if name not in BY_HAND]:
            found += GROUPS[name](run)
        print(f"\n{head}\n\n{table(found)}", *run.notes, sep="\n")


if __name__ == "__main__":
    main()
