"""What a bench row says, the median of interleaved rounds, and the table that is printed."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar
from unicodedata import east_asian_width

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `ratio` is what is compared with `required`; with `at_most` it must not be above it.

    `required` None means: shown, not promised. `unit` belongs to a `ratio` that is none. `cpu`: µs a request of all
    server processes.
    """

    what: str
    figure: str
    baseline: str
    ratio: float
    required: float | None = None
    aim: float | None = None
    at_most: bool = False
    unit: str = ""
    cpu: str = ""

    @property
    def ok(self) -> bool:
        """Whether the promise is kept; true without one."""
        if self.required is None:
            return True
        return self.ratio <= self.required if self.at_most else self.ratio >= self.required

    def cells(self) -> list[str]:
        """The texts of the columns of HEAD."""
        sign = "<=" if self.at_most else ">="
        required = "" if self.required is None else f"{sign} {self.required:g}{self.unit}"
        verdict = "" if self.required is None else "ok" if self.ok else "SHORT"
        aim = "" if self.aim is None else f"{self.aim:g}"
        return [
            self.what,
            self.figure,
            self.baseline,
            f"{self.ratio:.3g}{self.unit}",
            required,
            aim,
            verdict,
            self.cpu,
        ]


HEAD = ["what", "figure", "baseline", "ratio", "required", "aim", "", "CPU µs/request (baseline)"]


def interleaved(sides: Mapping[str, Callable[[], S]], rounds: int) -> dict[str, list[S]]:
    """Run every side once a round, in turn (A B A B …); the first round warms up and is thrown away."""
    found: dict[str, list[S]] = {name: [] for name in sides}
    for turn in range(rounds + 1):
        for name, run in sides.items():
            sample = run()
            if turn:
                found[name].append(sample)
    return found


def paired(figures: list[float], baselines: list[float]) -> float:
    """The median of the ratios of neighbouring rounds, which a neighbour's load disturbs least."""
    return statistics.median(a / b for a, b in zip(figures, baselines, strict=True))


def table(rows: list[Row]) -> str:
    """The rows as an aligned table."""
    lines = [HEAD, *(row.cells() for row in rows)]
    widths = [max(_width(line[column]) for line in lines) for column in range(len(HEAD))]
    rule = "  ".join("-" * width for width in widths)
    texts = [
        "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True))
        for line in lines
    ]
    return "\n".join(text.rstrip() for text in [texts[0], rule, *texts[1:]])


def _width(text: str) -> int:
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)
