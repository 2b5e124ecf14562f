"""Forms that only this site can send: flask-wtf's CSRF token, bound to a signed cookie that holds nothing else."""

from __future__ import annotations

import hashlib

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from flask_wtf.csrf import CSRFProtect

from lookup.web.console.sessions import context_of, https


class _Cookie(SecureCookieSessionInterface):
    """Flask's cookie session with SHA-256; who is signed in is never in it."""

    salt = "lookup-console-form-v1"
    digest_method = staticmethod(hashlib.sha256)


def protect_forms(app: Flask) -> None:
    """Refuse every form of `app` without its token. The referrer is not asked: our pages send none."""
    with app.app_context():
        keys, secure = context_of().settings.session_keys, https()
    app.secret_key = keys[-1]
    app.session_interface = _Cookie()
    app.config |= {
        "SECRET_KEY_FALLBACKS": list(keys[:-1]),
        "SESSION_COOKIE_NAME": "__Host-form" if secure else "form",
        "SESSION_COOKIE_PATH": "/",
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_SAMESITE": "Strict",
        "WTF_CSRF_SSL_STRICT": False,
        "WTF_CSRF_TIME_LIMIT": 8 * 3600,
    }
    CSRFProtect(app)
