"""Security headers of every page: no page is ever stored; a static file named with its digest is kept for a year."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, request

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
FIXED = [
    ("Content-Security-Policy", POLICY),
    # Not "no-referrer": browsers then send the forms of this very site with `Origin: null`.
    ("Referrer-Policy", "same-origin"),
    ("X-Content-Type-Options", "nosniff"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
]


def protect(app: Flask, *, https: bool) -> None:
    """Add the headers to every answer of `app`."""
    fixed = [*FIXED, ("Strict-Transport-Security", "max-age=31536000")] if https else FIXED
    inner = app.wsgi_app

    def outer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            return start_response(status, headers + fixed, *error)

        return inner(environ, start)

    app.wsgi_app = outer  # type: ignore[method-assign]

    @app.after_request
    def _caching(response: Response) -> Response:
        endpoint = request.endpoint
        if endpoint != "static" and "Cache-Control" in response.headers:
            pass  # the view knows better: public parts of the audit log
        elif endpoint != "static":
            response.headers["Cache-Control"] = "no-store"
            response.headers["Vary"] = "Cookie, Accept-Language"
        elif "v" in request.args and response.status_code == 200:
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response
