"""Lists of a day in wire form, and incidents to compare them with."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from tests.support.pushing import LINES, UNIT, Desk, dump, event

DAY = "2026-03-02"


def number(serial: int) -> str:
    """The incident number of the `serial`-th report of the day."""
    return f"369901260302081405{serial:02}"


def numbers(*serials: int) -> list[str]:
    """Several incident numbers."""
    return [number(serial) for serial in serials]


def report(serial: int, **changes: Any) -> dict[str, Any]:
    """The first event of a report of that day."""
    return event(f"r-{serial}", **({"subject": number(serial)} | changes))


def tell(desk: Desk, *serials: int, **changes: Any) -> None:
    """Push the first events of these reports."""
    lines = b"\n".join(dump(report(serial, **changes)) for serial in serials)
    answer = desk.send(lines, LINES).get_data(as_text=True)
    assert answer.count('"accepted"') == len(serials)


def hashed(sent: Sequence[str]) -> str:
    """The hash of a list, by plain means."""
    return sha256("".join(f"{one}\n" for one in sorted(sent)).encode()).hexdigest()


def manifest(sent: Sequence[str], name: str = "list-1", **changes: Any) -> dict[str, Any]:
    """A whole list; None takes a member away."""
    whole = {"manifest": name, "day": DAY, "count": len(sent), "hash": hashed(sent), "numbers": list(sent)}
    return {key: value for key, value in (whole | changes).items() if value is not None}


def parts(sent: Sequence[Sequence[str]], name: str = "list-1", **changes: Any) -> list[dict[str, Any]]:
    """The same list cut into parts."""
    every = [one for part in sent for one in part]
    return [
        manifest(every, name, numbers=list(part), part=place, parts=len(sent), **changes)
        for place, part in enumerate(sent, 1)
    ]


__all__ = ["DAY", "UNIT", "hashed", "manifest", "number", "numbers", "parts", "report", "tell"]
