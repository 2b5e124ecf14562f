"""Asking a lookup service what is missing of what a source sent. Uses only the push client.

    with PushClient("https://push.lookup.example", "yunxi-110.1a2b3c4d", private_key, "urn:yunxi:110") as client:
        print(Oversight(client).gaps())

Every call raises PushError when there is no usable answer; asking changes nothing and can be repeated.
"""

from __future__ import annotations

from typing import Any

from lookup.client import PushClient


class Oversight:
    """What one source may ask about itself, over its push client."""

    def __init__(self, client: PushClient) -> None:
        """Ask over this client; it stays the caller's to close."""
        self._client = client

    def gaps(self) -> dict[str, Any]:
        """Return which numbers of this source's sequence are missing: first, last, missing, gaps (docs/push.md)."""
        return self._client.ask("GET", "/v1/gaps")
