"""Between a command and the person at the terminal: asking before what is final, and refusing wrong use."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable


class WrongUse(Exception):
    """The options can not be used; `problems` says, one line each, which one and what to do."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """Return what reads an option that is a whole number from `least` to `most`, and says so of anything else."""

    def read(text: str) -> int:
        if text.isascii() and text.isdigit() and len(text) <= len(str(most)) and least <= int(text) <= most:
            return int(text)
        raise argparse.ArgumentTypeError(
            f"须为 {least} 至 {most} 的整数 / must be a whole number from {least} to {most}"
        )

    return read


def amount(most: float) -> Callable[[str], float]:
    """Return what reads an option that is a number above 0, up to `most`, and says so of anything else."""

    def read(text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = 0.0
        if 0 < number <= most:  # which is not so of NaN
            return number
        raise argparse.ArgumentTypeError(
            f"须大于 0，不超过 {most:,.0f} / must be above 0, at most {most:,.0f}"
        )

    return read


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
