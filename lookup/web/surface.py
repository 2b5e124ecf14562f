"""The Flask application of every surface."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import Flask

T = TypeVar("T")


def running(proxy: T) -> T:
    """Return what a global of Flask stands for in the running request; each use of the global looks for it anew."""
    return cast(T, proxy._get_current_object())  # type: ignore[attr-defined]


class Surface(Flask):
    """A Flask application whose views and hooks are plain functions: nobody asks at each call whether one is async."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return `func` as it is."""
        return func
