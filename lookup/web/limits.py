"""Flask-Limiter in front of everything: coarse, per network, never trusted with guessing (that is the database's)."""

from __future__ import annotations

import threading
import time

from flask import Flask, request
from flask_limiter import Limiter
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage

from lookup.web.network import network

STRATEGY = "sliding-window-counter"
_SWEEP_S = 10


class CalmMemory(MemoryStorage):
    """Counts in this process and sweeps out what is over now and then.

    The library's own starts a thread at every hundredth of a second under load, which goes through every counter.
    """

    STORAGE_SCHEME = ["calm"]
    _guard = threading.Lock()
    _swept = 0.0

    def __init__(self, uri: str | None = None, wrap_exceptions: bool = False, **options: str) -> None:
        """Begin with nothing counted and no thread left of the library's: processes are forked after this."""
        super().__init__(uri, wrap_exceptions, **options)
        self.timer.cancel()
        self.timer.join()

    def acquire_sliding_window_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count `amount` in the window of `expiry` seconds that runs now, unless that would be over `limit`.

        The window before counts by the share of it that is less than `expiry` seconds ago: the library's rule.
        """
        now = time.time()
        before, current = self.sliding_window_keys(key, expiry, now)
        with self._guard:
            if now > self._swept + _SWEEP_S:
                self._sweep(now)
            count = self.storage.get(current, 0)
            earlier = self.storage.get(before, 0) * (1 - now / expiry % 1)
            if int(earlier + count) + amount > limit:
                return False
            self.storage[current] = count + amount
            self.expirations.setdefault(current, now + 2 * expiry)
        return True

    def _sweep(self, now: float) -> None:
        self._swept = now
        for old in [each for each, end in self.expirations.items() if end <= now]:
            self.clear(old)


class Front(Limiter):
    """Asks the strategy at once whether a view's default limit still allows a request.

    Everything else (over the limit, a dead Redis, a view without limits) is the library's long way, which decides anew.
    """

    usual: RateLimitItem

    def _check_request_limit(self, callable_name: str | None = None, in_middleware: bool = True) -> None:
        if not (in_middleware and self._allowed()):
            super()._check_request_limit(callable_name, in_middleware)

    def _allowed(self) -> bool:
        endpoint, limiter = request.endpoint, self.limiter
        if endpoint is None or endpoint == "static" or limiter.storage is not self.storage:
            return False
        try:
            return limiter.hit(self.usual, self._key_prefix, network(), endpoint)
        except Exception:
            return False


def calm(storage: str) -> str:
    """Return the address to count at: `memory://` becomes CalmMemory, everything else stays."""
    return "calm://" if storage.startswith("memory:") else storage


def limit(app: Flask, storage: str, default: str, *, deducts: bool = False) -> Limiter:
    """Limit every view of `app` per network by `default`, for example "300 per minute".

    `deducts`: what a request costs may depend on its answer, so the library is asked again after each.

    A dead Redis leaves counting in each process, not open and not closed. The strategy is part of the keys,
    because another one on the same keys would answer 500.
    """
    after, ended = list(app.after_request_funcs[None]), list(app.teardown_request_funcs[None])
    front = Front(
        network,
        app=app,
        default_limits=[default],
        storage_uri=calm(storage),
        storage_options={"socket_timeout": 1, "socket_connect_timeout": 1} if "redis" in storage else {},
        strategy=STRATEGY,
        key_prefix=f"lookup-{app.name.rpartition('.')[2]}-{STRATEGY}",
        in_memory_fallback_enabled=not storage.startswith("memory:"),
        headers_enabled=False,
    )
    if not deducts:
        app.after_request_funcs[None], app.teardown_request_funcs[None] = after, ended
    front.usual = parse(default)
    return front
