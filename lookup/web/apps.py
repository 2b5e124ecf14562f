"""All three surfaces on one port, for the demo only: push below /v1, the console below /console."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lookup.web.citizen import wsgi as citizen
from lookup.web.console import wsgi as console
from lookup.web.push import wsgi as push

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def together() -> WSGIApplication:
    """Return one application, configured from the environment; in production each surface is a process of its own."""
    pages, desk, intake = citizen.application(), console.application(), push.application()

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path.startswith("/v1/"):
            return intake(environ, start_response)
        if path == "/console" or path.startswith("/console/"):
            environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + "/console"
            environ["PATH_INFO"] = path.removeprefix("/console") or "/"
            return desk(environ, start_response)
        return pages(environ, start_response)

    return application
