"""Flask-Limiter in front of everything: coarse, per network, never trusted with guessing (that is the database's)."""

from __future__ import annotations

from flask import Flask
from flask_limiter import Limiter

from lookup.web.network import network

STRATEGY = "sliding-window-counter"


def limit(app: Flask, storage: str, default: str) -> Limiter:
    """Limit every view of `app` per network by `default`, for example "300 per minute".

    A dead Redis leaves counting in each process, not open and not closed. The strategy is part of the keys,
    because another one on the same keys would answer 500.
    """
    return Limiter(
        network,
        app=app,
        default_limits=[default],
        storage_uri=storage,
        storage_options={"socket_timeout": 1, "socket_connect_timeout": 1} if "redis" in storage else {},
        strategy=STRATEGY,
        key_prefix=f"lookup-{app.name.rpartition('.')[2]}-{STRATEGY}",
        in_memory_fallback_enabled=not storage.startswith("memory:"),
        headers_enabled=False,
    )
