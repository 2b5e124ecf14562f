"""Refusals that no use case has recorded: whose entry each of them is."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from lookup.services.actors import client_token
from lookup.storage.database import Database
from tests.support.pushing import EVENT, Desk, dump, event

JSON = "application/json"


def refusers(desk: Desk) -> list[bytes]:
    """Who stands in the entries of refused pushes, in order."""
    query = text("SELECT actor FROM audit_entry WHERE outcome = 2 ORDER BY writer, seq")
    with desk.context.database.read() as conn:
        return [bytes(actor) for actor in conn.execute(query).scalars()]


@pytest.mark.parametrize(
    ("path", "media", "query", "body"),
    [
        ("/v1/manifests", JSON, "", {"id": "x"}),
        ("/v1/gaps", JSON, "", {"first": "4", "last": "3"}),
        ("/v1/events", "text/plain", "", event()),
        ("/v1/events", EVENT, "dry_run=2", event()),
        ("/v1/events", EVENT, "other=1", event()),
        ("/v1/digests", "", "day=2200-01-01", None),
        ("/v1/waiting", "", "day=2026-01-01&until=2026-12-31", None),
        ("/v1/quarantine", "", "limit=x", None),
    ],
)
def test_what_an_admitted_client_sends_wrong_is_an_entry_of_its_own(
    database: Database, path: str, media: str, query: str, body: object
) -> None:
    """The signature was good, so the source is who acted; the same bytes again may come from anybody."""
    desk = Desk(database)
    method, raw = ("GET", b"") if body is None else ("POST", dump(body))
    headers = desk.signing(query=query).headers(method, path, media, raw)
    for _ in range(2):
        response = desk.web.open(path, query_string=query, method=method, data=raw, headers=headers)
        assert response.status_code in (400, 401, 415, 422)
    own, other = refusers(desk)
    assert own == client_token(desk.context.settings.pepper, "yunxi")
    assert other != own


def test_whoever_has_no_good_signature_is_a_stranger(database: Database) -> None:
    """A key's id alone proves nothing."""
    desk = Desk(database)
    assert desk.send(event(), secret=bytes(32)).status_code == 401
    assert refusers(desk) != [client_token(desk.context.settings.pepper, "yunxi")]
