"""What gunicorn calls for the console process: `lookup.web.console.wsgi:application()`."""

from __future__ import annotations

import os

from flask import Flask

from lookup.services.contexts import open_console
from lookup.settings import ConsoleSettings, read
from lookup.web.console import create_app
from lookup.web.pages import compiled


def application() -> Flask:
    """Return the console, configured from the environment."""
    return compiled(create_app(open_console(read(ConsoleSettings, os.environ))))
