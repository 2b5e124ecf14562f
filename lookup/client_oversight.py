"""Asking a lookup service what is missing of what a source sent, and sending its list of a day.

    with PushClient("https://push.lookup.example", "yunxi-110.1a2b3c4d", private_key, "urn:yunxi:110") as client:
        service = Oversight(client)
        print(service.gaps())
        print(service.send_manifest("2026-03-02", "2026-03-02", numbers)["not_received"])

Uses only the push client. Every call raises PushError when there is no usable answer; all can be repeated.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlencode

from lookup.client import PushClient, PushError

MAX_NUMBERS = 10_000


class ListError(PushError):
    """A part of a list was not taken. `numbers` are those of that part, as `/numbers/3` of an error counts them."""

    def __init__(self, fault: PushError, numbers: Sequence[str]) -> None:
        super().__init__(str(fault), fault.status, fault.problem)
        self.numbers = numbers


def list_hash(numbers: Iterable[str]) -> str:
    """Return the hash of a list: SHA-256 (hex) of its numbers in order, each once, each with a line feed."""
    return sha256("".join(f"{number}\n" for number in sorted(set(numbers))).encode()).hexdigest()


class Oversight:
    """What one source may ask about itself, over its push client."""

    def __init__(self, client: PushClient) -> None:
        """Ask over this client; it stays the caller's to close."""
        self._client = client

    def gaps(self) -> dict[str, Any]:
        """Return which numbers of this source's sequence are missing: first, last, missing, gaps (docs/push.md)."""
        return self._client.ask("GET", "/v1/gaps")

    def declare_unused(self, first: int, last: int, reason: str, *, dry_run: bool = False) -> dict[str, Any]:
        """Declare that the missing numbers `first` to `last` were never used, for ever; the same again is harmless.

        `reason` is rolled_back, counter_moved or other_use. `dry_run`: judged only.
        """
        said = {"source": self._client.source, "first": str(first), "last": str(last), "reason": reason}
        path = "/v1/gaps?dry_run=1" if dry_run else "/v1/gaps"
        body = json.dumps(said, separators=(",", ":")).encode()
        return self._client.ask("POST", path, body, "application/json")

    def send_manifest(
        self,
        name: str,
        day: str,
        numbers: Iterable[str],
        unit: str | None = None,
        size: int = MAX_NUMBERS,
        *,
        dry_run: bool = False,
    ) -> dict[str, Any]:
        """Send the list of a day (YYYY-MM-DD), in parts of `size` numbers, and return how it compares.

        `name` is this list's id for ever: the same list can be sent again, another needs another name. `dry_run`
        compares and keeps nothing; each part of a list in parts is then judged as if it alone had come.
        Raises ListError for a part that was not taken; those before it stay.
        """
        told: dict[str, Any] = {}
        path = "/v1/manifests?dry_run=1" if dry_run else "/v1/manifests"
        for part in parts(name, day, sorted(set(numbers)), unit, size):
            body = json.dumps(part, separators=(",", ":")).encode()
            try:
                told = self._client.ask("POST", path, body, "application/json")
            except PushError as fault:
                raise ListError(fault, part["numbers"]) from fault
        return told

    def manifest(self, name: str) -> dict[str, Any]:
        """Return how a list that was sent compares now."""
        return self._client.ask("GET", f"/v1/manifests/{quote(name, safe='')}")

    def digests(self, day: str, until: str | None = None, unit: str | None = None) -> list[dict[str, Any]]:
        """Return count and hash of what has come, for each day up to `until`, at most 31, and its units."""
        asked = {"day": day, "until": until, "unit": unit}
        query = urlencode({name: value for name, value in asked.items() if value})
        days: list[dict[str, Any]] = self._client.ask("GET", f"/v1/digests?{query}")["days"]
        return days

    def waiting(self, day: str, until: str | None = None, unit: str | None = None) -> dict[str, Any]:
        """Return which own events wait on reports of these days (docs/push.md), and whether there are more."""
        asked = {"day": day, "until": until, "unit": unit}
        query = urlencode({name: value for name, value in asked.items() if value})
        return self._client.ask("GET", f"/v1/waiting?{query}")

    def drift(self, day: str, by_unit: Mapping[str, Sequence[str]]) -> dict[str, tuple[int, int]]:
        """Compare a day by unit without sending a number: (own count, count that came) of each unit that differs.

        `by_unit` holds all numbers of the day under the unit that first spoke of each.
        """
        came = {each["unit"]: each for each in self.digests(day)[0]["units"]}
        own = {unit: numbers for unit, numbers in by_unit.items() if numbers}
        return {
            unit: (len(set(own.get(unit, ()))), came[unit]["count"] if unit in came else 0)
            for unit in sorted(own.keys() | came.keys())
            if unit not in came or came[unit]["hash"] != list_hash(own.get(unit, ()))
        }


def parts(
    name: str, day: str, numbers: Sequence[str], unit: str | None = None, size: int = MAX_NUMBERS
) -> Iterator[dict[str, Any]]:
    """Yield the bodies of a list, one a part; `numbers` without repetition."""
    total = max(1, -(-len(numbers) // size))
    head: dict[str, Any] = {"manifest": name, "day": day} | ({"unit": unit} if unit else {})
    head |= {"parts": total, "count": len(numbers), "hash": list_hash(numbers)}
    for part in range(total):
        yield head | {"part": part + 1, "numbers": numbers[part * size : (part + 1) * size]}
