"""What gunicorn calls for the citizen process: `lookup.web.citizen.wsgi:application()`."""

from __future__ import annotations

import os

from flask import Flask

from lookup.services.contexts import open_citizen
from lookup.settings import CitizenSettings, read
from lookup.web.citizen import create_app
from lookup.web.pages import compiled


def application() -> Flask:
    """Return the citizen surface, configured from the environment."""
    return compiled(create_app(open_citizen(read(CitizenSettings, os.environ))))
