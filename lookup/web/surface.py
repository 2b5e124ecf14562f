"""The Flask application of every surface."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import Flask, Request
from werkzeug.routing import MapAdapter

T = TypeVar("T")
_PLAIN = re.compile(r"(?:[a-z0-9-]{1,63}\.)*[a-z0-9-]{1,63}(?::(?!80$|443$)[0-9]{1,5})?")


def running(proxy: T) -> T:
    """Return what a global of Flask stands for in the running request; each use of the global looks for it anew."""
    return cast(T, proxy._get_current_object())  # type: ignore[attr-defined]


class Surface(Flask):
    """A Flask application whose views and hooks are plain functions: nobody asks at each call whether one is async.

    It answers under whatever name it is asked by, so the usual name is not spelt out as IDNA for each request.
    """

    def __init__(self, name: str, static_folder: str | None = "static") -> None:
        """Have no addresses yet. Two slashes are another address: a redirect would be a page that is not ours."""
        super().__init__(name, static_folder=static_folder)
        self.url_map.merge_slashes = False

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Return what finds the view of a request; anything unusual goes the library's way, to the same end."""
        environ = request.environ if request else {}
        root, path = environ.get("SCRIPT_NAME", ""), environ.get("PATH_INFO", "")
        host, query = environ.get("HTTP_HOST", ""), environ.get("QUERY_STRING", "")
        usual = _PLAIN.fullmatch(host) and (root + path + query).isascii() and "HTTP_UPGRADE" not in environ
        if not usual:
            return super().create_url_adapter(request)
        scheme, method = environ["wsgi.url_scheme"], environ["REQUEST_METHOD"]
        return MapAdapter(self.url_map, host, root, "", scheme, path, method, query)

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return `func` as it is."""
        return func
