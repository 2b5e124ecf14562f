"""What gunicorn calls for the push process: `lookup.web.push.wsgi:application()`."""

from __future__ import annotations

import os

from flask import Flask

from lookup.services.contexts import open_push
from lookup.settings import PushSettings, read
from lookup.web.push import create_app


def application() -> Flask:
    """Return the push surface, configured from the environment."""
    return create_app(open_push(read(PushSettings, os.environ)))
