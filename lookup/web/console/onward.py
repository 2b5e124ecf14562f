"""Where somebody wanted to go when the sign-in page came instead: a page of this console, or nowhere."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from flask import current_app, request
from werkzeug.exceptions import HTTPException

from lookup.web.guards import guard_of

_ADDRESS = re.compile(r"/(?![/\\])[!-\[\]-~]{1,1000}")
_NOWHERE = (None, "open")


def wanted() -> str:
    """Return the path and query of the running request where it asks for a page, else ""."""
    if request.method != "GET":
        return ""
    query = request.query_string.decode("latin-1")
    return known(f"{request.path}?{query}" if query else request.path)


def known(text: str) -> str:
    """Return an address that leads to a guarded page of this console, as it is; "" for everything else.

    Only a path and a query are let through, and only to a route that is there, so that no link to the sign-in page
    can lead on to another site.
    """
    if not _ADDRESS.fullmatch(text):
        return ""
    parts = urlsplit(text)
    if parts.scheme or parts.netloc or parts.fragment:
        return ""
    try:
        endpoint, _ = current_app.url_map.bind("console.invalid").match(parts.path, method="GET")
    except HTTPException:
        return ""
    view = current_app.view_functions[endpoint]
    return "" if guard_of(view) in _NOWHERE else text
