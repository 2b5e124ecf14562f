"""Closed unless declared open: every route of every surface has a guard, and the open ones are written out here."""

from __future__ import annotations

import pytest
from flask import Flask

from lookup.storage.database import Database
from lookup.web.citizen import create_app as create_citizen
from lookup.web.console import create_app as create_console
from lookup.web.guards import guard_of
from lookup.web.push import create_app as create_push
from tests.support import contexts

OPEN = {
    "citizen": {
        "/", "/r", "/help", "/privacy", "/accessibility", "/leave", "/healthz", "/verify", "/api/v1/verifications",
        "/api/v1/openapi.json", "/audit", "/audit/verify", "/audit/checkpoint", "/audit/tile/<path:rest>",
        "/audit/policy", "/audit/consistency", "/healthz/audit",
        "/api/v1/receipts/<place>", "/api/v1/receipts/<place>/opening",
    },
    "console": {"/sign-in", "/healthz"},
    "push": {"/healthz", "/v1/openapi.json"},
}  # fmt: skip
APPS = {
    "citizen": lambda database: create_citizen(contexts.citizen(database)),
    "console": lambda database: create_console(contexts.console(database)),
    "push": lambda database: create_push(contexts.push(database)),
}


def guards(app: Flask) -> dict[str, str | None]:
    """The guard of each route; static files are Flask's own."""
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"]
    return {rule.rule: guard_of(app.view_functions[rule.endpoint]) for rule in rules}


@pytest.mark.parametrize("surface", sorted(APPS))
def test_every_route_has_a_guard(database: Database, surface: str) -> None:
    """No view was registered without saying who may call it."""
    assert [path for path, guard in guards(APPS[surface](database)).items() if guard is None] == []


@pytest.mark.parametrize("surface", sorted(APPS))
def test_the_open_routes_are_the_ones_listed(database: Database, surface: str) -> None:
    """A new open route must be added to the list above by somebody who means it."""
    assert {path for path, guard in guards(APPS[surface](database)).items() if guard == "open"} == OPEN[
        surface
    ]


@pytest.mark.parametrize(
    ("surface", "path"),
    [("citizen", "/audit//verify"), ("console", "/audit//checkpoint"), ("push", "/v1//whoami")],
)
def test_two_slashes_are_another_address(database: Database, surface: str, path: str) -> None:
    """There is nothing; no redirect repeats the host that was asked for."""
    response = APPS[surface](database).test_client().get(path, headers={"Host": "evil.example"})
    assert response.status_code == 404
    assert "evil.example" not in response.get_data(as_text=True) + str(response.headers)
