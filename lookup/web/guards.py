"""Every view says who may call it; a view without a guard is refused by a test, not only by habit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

View = Callable[..., Any]


def open_to_all(view: View) -> View:
    """Mark a view that anybody may call. It does nothing else; the open views are a written-out list in a test."""
    return guarded("open", view)


def guarded(guard: str, view: View) -> View:
    """Mark `view` as standing behind the guard named `guard`; guards themselves call this on what they return."""
    view.__dict__["guard"] = guard
    return view


def guard_of(view: View) -> str | None:
    """Return the name of a view's guard, or None when it was forgotten."""
    name: str | None = getattr(view, "guard", None)
    return name
