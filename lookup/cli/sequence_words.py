"""How a source's sequence stands, as one line for an operator."""

from __future__ import annotations

from lookup.services.contexts import PushContext
from lookup.services.list_gaps import own_declared, own_gaps


def sequence_line(context: PushContext, source: str) -> str:
    """Return what has come and what has not, with at most three of the gaps."""
    found = own_gaps(context, source)
    if found is None:
        return "none sent"
    some = ", ".join(str(g.first) if g.count == 1 else f"{g.first}-{g.last}" for g in found.gaps[:3])
    missing = (
        f"{found.missing} missing ({some}{', …' if len(found.gaps) > 3 else ''})" if some else "none missing"
    )
    unused, _ = own_declared(context, source, 0)
    return f"{found.first} to {found.last}, {missing}" + (f", {unused} declared unused" if unused else "")
