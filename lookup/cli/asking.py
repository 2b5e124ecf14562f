"""Between a command and the person at the terminal: asking before what is final, and refusing wrong use."""

from __future__ import annotations

import getpass
import os
import sys


class WrongUse(Exception):
    """The options can not be used; `problems` says, one line each, which one and what to do."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def operator_name() -> str:
    """Return the login name of who acts, for the entry of it; `uid-N` where the system has none, as in a container."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid-{os.getuid()}"


def sure(question: str, *, yes: bool) -> bool:
    """Return whether to go on: `yes` (the option `--yes`) answers beforehand; without a terminal nobody is asked."""
    if yes:
        return True
    if not sys.stdin.isatty():
        print("Nothing was changed: add --yes to do this without being asked.", file=sys.stderr)
        return False
    try:
        return input(f"{question} [y/N] ").strip().lower() in ("y", "yes", "是")
    except EOFError:
        print("\nNothing was changed.", file=sys.stderr)
        return False
