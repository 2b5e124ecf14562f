"""Asking the person at the terminal before something that can not be taken back."""

from __future__ import annotations

import sys


def sure(question: str, *, yes: bool) -> bool:
    """Return whether to go on: `yes` (the option `--yes`) answers beforehand; without a terminal nobody is asked."""
    if yes:
        return True
    if not sys.stdin.isatty():
        print("Nothing was changed: add --yes to do this without being asked.", file=sys.stderr)
        return False
    return input(f"{question} [y/N] ").strip().lower() in ("y", "yes", "是")
