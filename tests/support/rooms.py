"""What a source pushes and what a supervisor sees of it: both surfaces on one database."""

from __future__ import annotations

import re
from dataclasses import dataclass

from flask.testing import FlaskClient

from lookup.services.manage_staff import Issued, NewAccount, create
from lookup.storage.database import Database
from tests.support import contexts
from tests.support.console_pages import signed_in
from tests.support.pushing import Desk


@dataclass
class Room:
    """A push desk, and the console of the same database under its own role."""

    desk: Desk
    console: Database

    def browser(self, issued: Issued) -> FlaskClient:
        """A browser in which an account is signed in."""
        return signed_in(contexts.console(self.console), issued)

    def supervisor(self, *places: str) -> FlaskClient:
        """A supervisor of these places, signed in."""
        context = contexts.console(self.desk.context.database)
        issued = create(
            context,
            "tester",
            NewAccount("lin.dudao", "supervisor", places or ("3699",), body="云溪市公安局督察支队"),
        )
        assert isinstance(issued, Issued)
        return self.browser(issued)

    def list(self, *bodies: object) -> None:
        """Send lists, or parts."""
        for body in bodies:
            assert self.desk.send(body, "application/json", "/v1/manifests").status_code in (200, 202)


def text_of(browser: FlaskClient, path: str) -> str:
    """A page's text without its tags."""
    response = browser.get(path)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.get_data(as_text=True)))
