"""The lists of `lookup reconcile`: reading one from a file, and telling how it compares or what is wrong with it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from lookup.cli.asking import WrongUse
from lookup.client import PushError

_OPTIONS = {
    "/day": "--day",
    "/until": "--until",
    "/unit": "--unit",
    "/manifest": "--id",
    "/first": "--unused",
    "/last": "--unused",
    "/reason": "--reason",
    "/count": "the numbers",
    "/hash": "the numbers",
}
"""Where on the command line stands what a pointer of a fault names."""
_NOWHERE: Mapping[str, int] = MappingProxyType({})


def words_of(name: str) -> list[tuple[int, list[str]]]:
    """Return the words of each line of a file (`-`: standard input) that has any, with the line's number.

    Raises WrongUse for a file that can not be read.
    """
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8-sig")
    except OSError as fault:
        raise WrongUse(f"the file can not be read: {fault.strerror}") from None
    except ValueError:
        raise WrongUse("the file can not be read: it is no text in UTF-8") from None
    every = enumerate(text.splitlines(), 1)
    return [(place, line.replace(",", " ").split()) for place, line in every if line.strip(", \t")]


def errors_of(fault: PushError, lines: Mapping[str, int] = _NOWHERE) -> list[str]:
    """Return what is wrong in words, at the line or the option that a pointer means, by line and each once.

    Where nothing is wrong with what was sent, it is what to do instead.
    """
    problem = fault.problem or {}
    errors = problem.get("errors", ())
    if not errors and fault.refused:
        return [str(problem.get("detail", "")) or "Check --url, and the proxies on the way."]
    told = (
        f"{_where(error['pointer'], lines)}: {error['text']['en']} ({error['rule']})"
        for error in sorted(errors, key=lambda error: lines.get(error["pointer"], 0))
    )
    return list(dict.fromkeys(told))


def _where(pointer: str, lines: Mapping[str, int]) -> str:
    return f"line {lines[pointer]}" if pointer in lines else _OPTIONS.get(pointer, pointer)


def numbers_of(name: str) -> dict[str, int]:
    """Return each number of the list and the line on which it stands first."""
    lines: dict[str, int] = {}
    for place, words in words_of(name):
        for number in words:
            lines.setdefault(number, place)
    return lines


def print_compared(told: Mapping[str, Any]) -> int:
    """Print how a list compares; returns 1 while something is to be done for it, else 0."""
    counts, newer = told["counts"], told.get("replaced_by")
    state = f"replaced by {newer}" if newer else told["state"]
    print(
        f"{told['manifest']}, {told['day']}: {state}; {counts['listed']} listed, {counts['received']} received."
    )
    if newer:
        print(
            f"  That later list counts instead, and nothing is to be done for this one: `lookup reconcile show {newer}`"
        )
        return 0
    if told["absent_parts"]:
        print(f"  Parts that have not come: {', '.join(map(str, told['absent_parts']))}")
        return 1
    texts = {
        "not_received": "listed, but never received or wholly retracted; send their events",
        "not_listed": "received, but not on the list; check the list",
        "elsewhere": "received under another source, day or unit; nothing is missing",
    }
    for name, text in texts.items():
        if counts[name]:
            print(f"  {counts[name]} {text}:", *told[name], sep="\n    ")
    return 1 if told["state"] == "different" else 0
