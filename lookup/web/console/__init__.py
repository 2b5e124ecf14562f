"""The supervisors' console: sign in, search the ledger, see one entry and its proof. Every look leaves an entry."""

from __future__ import annotations

from flask import Flask

from lookup.services.contexts import ConsoleContext
from lookup.web.console import errors, forms, sessions, views, words
from lookup.web.headers import protect
from lookup.web.limits import limit
from lookup.web.network import trust_proxies
from lookup.web.outage import watch
from lookup.web.pages import prepare
from lookup.web.surface import Surface

LIMIT = "600 per minute"
MAX_BODY = 16 * 1024


def create_app(context: ConsoleContext) -> Flask:
    """Return the console on an open, migrated database."""
    app = Surface("lookup.web.console")
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = MAX_BODY
    app.extensions["lookup"] = context
    trust_proxies(app, context.settings.trusted_proxies)
    prepare(app, demo=context.settings.demo)
    words.add_words(app)
    protect(app, https=context.settings.public_url.startswith("https:"))
    limit(app, context.settings.limits_url, LIMIT)
    errors.add_errors(app, sessions.asker)
    watch(app, context, lambda: errors.answer(503))
    forms.protect_forms(app)
    views.add_views(app)
    return app
