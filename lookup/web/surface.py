"""The Flask application of every surface."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask


class Surface(Flask):
    """A Flask application whose views and hooks are plain functions: nobody asks at each call whether one is async."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return `func` as it is."""
        return func
