"""Composition of the web processes: gunicorn calls one of these by name, for example `lookup.web.apps:citizen()`."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask

from lookup.services.contexts import open_citizen, open_console, open_push
from lookup.settings import CitizenSettings, ConsoleSettings, PushSettings, read
from lookup.web.citizen import create_app as create_citizen
from lookup.web.console import create_app as create_console
from lookup.web.push import create_app as create_push

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def citizen() -> Flask:
    """Return the citizen surface, configured from the environment."""
    return create_citizen(open_citizen(read(CitizenSettings, os.environ)))


def console() -> Flask:
    """Return the supervisors' console, configured from the environment."""
    return create_console(open_console(read(ConsoleSettings, os.environ)))


def push() -> Flask:
    """Return the push surface, configured from the environment."""
    return create_push(open_push(read(PushSettings, os.environ)))


def together() -> WSGIApplication:
    """Return all three on one port, for the demo only: push below /v1, the console below /console."""
    pages, desk, intake = citizen(), console(), push()

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
