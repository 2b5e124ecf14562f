"""A browser at the console, without a network: its pages' form tokens, and an account signed in."""

from __future__ import annotations

import re
from dataclasses import replace

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lookup.services.contexts import ConsoleContext
from lookup.services.manage_staff import Issued
from lookup.web.console import create_app
from tests.support import accounts


def token(browser: FlaskClient, path: str) -> str:
    """The form token of a page."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', browser.get(path).get_data(as_text=True))
    assert found is not None
    return found.group(1)


def local(context: ConsoleContext) -> ConsoleContext:
    """The same console as browsers reach it without https."""
    return replace(context, settings=replace(context.settings, public_url="http://localhost"))


def sign_in(browser: FlaskClient, issued: Issued, **changes: str) -> TestResponse:
    """The sign-in form filled in for an account, or otherwise where given, and sent."""
    right = {"name": issued.account.name, "password": issued.factors.password, "code": accounts.code(issued)}
    return browser.post("/sign-in", data=right | {"csrf_token": token(browser, "/sign-in")} | changes)


def signed_in(context: ConsoleContext, issued: Issued) -> FlaskClient:
    """A fresh browser in which an account is signed in."""
    browser = create_app(local(context)).test_client()
    assert sign_in(browser, issued).status_code == 303
    return browser
