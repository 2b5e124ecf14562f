"""All three surfaces on one port, for the demo only: push below /v1, the console below /console."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lookup.web.citizen import wsgi as citizen
from lookup.web.console import wsgi as console
from lookup.web.push import wsgi as push

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class Together:
    """One application of three; `surfaces` are their Flask apps (deploy/gunicorn.conf.py ends each in order)."""

    def __init__(self) -> None:
        """Configure each from the environment; in production each is a process of its own."""
        self._pages, self._desk, self._intake = (
            citizen.application(),
            console.application(),
            push.application(),
        )
        self.surfaces = (self._pages, self._desk, self._intake)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer with the surface that the path names."""
        path = environ.get("PATH_INFO", "")
        if path.startswith("/v1/"):
            return self._intake(environ, start_response)
        if path == "/console" or path.startswith("/console/"):
            environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + "/console"
            environ["PATH_INFO"] = path.removeprefix("/console") or "/"
            return self._desk(environ, start_response)
        return self._pages(environ, start_response)
