"""The surfaces that gunicorn serves in a bench run, configured by its environment."""

from __future__ import annotations

import os

from flask import Flask

from lookup.services.contexts import open_citizen, open_push
from lookup.settings import CitizenSettings, PushSettings, read
from lookup.web.citizen import create_app as create_citizen
from lookup.web.push import create_app as create_push


def citizen() -> Flask:
    """The citizen surface."""
    return create_citizen(open_citizen(read(CitizenSettings, os.environ)))


def push() -> Flask:
    """The push surface."""
    return create_push(open_push(read(PushSettings, os.environ)))
