"""The citizen surface: ask, prove, read. One app, with no route, secret or right that it does not need."""

from __future__ import annotations

from flask import Flask

from lookup.domain.numbers import TWENTY
from lookup.services.contexts import CitizenContext
from lookup.web.citizen import api, audit, errors, views
from lookup.web.citizen.filters import add_filters
from lookup.web.headers import protect
from lookup.web.limits import limit
from lookup.web.network import trust_proxies
from lookup.web.pages import prepare
from lookup.web.surface import Surface

LIMIT = "600 per minute"
MAX_BODY = 16 * 1024


def create_app(context: CitizenContext) -> Flask:
    """Return the citizen surface on an open, migrated database."""
    app = Surface("lookup.web.citizen")
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = MAX_BODY
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions["lookup"] = context
    trust_proxies(app, context.settings.trusted_proxies)
    prepare(app, demo=context.settings.demo)
    lines = [line.strip() for line in context.settings.footer.split("|") if line.strip()]
    add_filters(app, context.law.texts.all)
    twenty = context.settings.incident_pattern == TWENTY
    app.jinja_env.globals.update(hotline=context.settings.hotline, footer=lines, twenty=twenty)
    protect(app, https=context.settings.public_url.startswith("https:"))
    limit(app, context.settings.limits_url, LIMIT)
    errors.add_errors(app)
    views.add_views(app)
    api.add_api(app)
    audit.add_audit(app)
    return app
