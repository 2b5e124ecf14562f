"""Security headers, the same on every surface."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from lookup.web.headers import protect


@pytest.fixture
def browser(tmp_path: Path) -> FlaskClient:
    """A browser at a surface with one page and one static file."""
    (tmp_path / "a.css").write_text("p { margin: 0 }\n")
    app = Flask(__name__, static_folder=str(tmp_path), static_url_path="/static")
    app.add_url_rule("/", view_func=lambda: "hello")
    protect(app, https=True)
    return app.test_client()


def test_pages_are_not_stored_framed_or_scripted_from_elsewhere(browser: FlaskClient) -> None:
    """Everything comes from this site, nothing is inline, nobody may frame it, and no cache keeps it."""
    headers = browser.get("/").headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Strict-Transport-Security"]


def test_a_static_file_is_kept_only_under_its_digest(browser: FlaskClient) -> None:
    """A file named with its digest never changes and may be kept; without one, or not found, it may not."""
    with browser.get("/static/a.css?v=1") as kept, browser.get("/static/a.css") as asked:
        assert "immutable" in kept.headers["Cache-Control"]
        assert "immutable" not in asked.headers["Cache-Control"]
    assert "immutable" not in browser.get("/static/b.css?v=1").headers.get("Cache-Control", "")
