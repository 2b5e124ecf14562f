"""The citizen app on a database with one pushed report."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lookup.services.references import Reference
from lookup.storage import units
from lookup.storage.database import Database
from lookup.storage.units import Unit
from lookup.web.citizen import create_app
from tests.support import contexts
from tests.support.reports import NUMBER, PHONE, UNIT, push_story


@dataclass
class Site:
    """A running citizen surface and the reference of its one report."""

    app: Flask
    database: Database
    reference: Reference

    def browser(self, address: str = "192.0.2.7") -> FlaskClient:
        """A fresh browser at an address."""
        client = self.app.test_client()
        client.environ_base["REMOTE_ADDR"] = address
        return client

    def form(self, **changes: str) -> dict[str, str]:
        """The right answers of the reporter, with changes."""
        right = {"number": NUMBER, "code": self.reference.code, "fact": "phone", "phone4": PHONE[-4:]}
        return right | changes

    def verified(self) -> FlaskClient:
        """A browser that holds a pass."""
        browser = self.browser()
        assert browser.post("/verify", data=self.form()).status_code == 303
        return browser


def app_on(database: Database, **changes: object) -> Flask:
    """The citizen app without https, so that the test browser keeps its cookies."""
    context = contexts.citizen(database)
    settings = replace(context.settings, public_url="http://localhost", **changes)  # type: ignore[arg-type]
    return create_app(replace(context, settings=settings))


@pytest.fixture
def site(database: Database) -> Site:
    """One report, pushed and referenced."""
    with database.write() as conn:
        units.put(conn, [Unit(UNIT, "云溪市公安局东湖派出所", "Donghu Police Station", "0369-5550101")])
    reference, _ = push_story(contexts.push(database))
    return Site(app_on(database), database, reference)


def text_of(response: TestResponse) -> str:
    """The body as text."""
    return response.get_data(as_text=True)
