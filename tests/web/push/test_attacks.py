"""Whatever a hostile or broken client sends: a documented answer, nothing half done, nothing signed dropped."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from sqlalchemy import text
from werkzeug.test import TestResponse

from lookup.storage import tables
from lookup.storage.database import Database
from lookup.storage.quarantine_tables import quarantine
from tests.support.pushing import BATCH, EVENT, LINES, Desk, count, dump, event, rule
from tests.support.shelves import items

SURROGATE, NUL = "\ud800", "\0"


def sent(desk: Desk, body: bytes, media: str = EVENT) -> TestResponse:
    """Send, and see that the service goes on and has kept what was signed."""
    response = desk.send(body, media)
    assert response.status_code < 500
    if response.status_code in (400, 409, 422):
        assert count(desk.context.database, quarantine) >= 1
    assert desk.send(event("after", subject="36990126030208140599")).status_code == 200
    return response


PERSON = {"role": "victim", "phone": "19900001234", "id_number": "999999200001010011"}


@pytest.mark.parametrize(
    "changes",
    [
        {"id": f"a{NUL}b"}, {"id": "e\u0301"}, {"id": "\u0435-1"}, {"id": "\u202eabc"}, {"id": "x" * 10_240},
        {"id": SURROGATE}, {"source": f"urn:yunxi:110{NUL}"}, {"subject": "３６９９０１２６０３０２０８１４０５０１"},
        {"subject": "٣" * 20}, {"type": NUL}, {"sequence": "９"}, {"supersedes": NUL},
        {"data__reason": NUL}, {"data__unit": f"36990151000{NUL}"},
        {"data__persons": [PERSON | {"name": f"云{NUL}"}]}, {"data__persons": [PERSON | {"name": f"云{SURROGATE}"}]},
        {"data__persons": [PERSON | {"role": NUL}]}, {"data__document": {"code": "receipt", "number": f"a{NUL}b"}},
        {"data__attributes": {"channel": NUL}}, {NUL: 1}, {SURROGATE: 1}, {f"data__{NUL}": 1},
        {"data__approver": SURROGATE},
    ],
    ids=ascii,
)  # fmt: skip
def test_odd_characters_are_refused_and_kept(database: Database, changes: dict[str, Any]) -> None:
    """NUL, lone surrogates, look-alikes, digits of other scripts: refused on both databases, kept byte by byte."""
    desk = Desk(database)
    body = json.dumps(event(**changes)).encode()
    assert sent(desk, body).status_code == 422
    assert "\\u" not in items(database)[0].event


@pytest.mark.parametrize("where", ["time", "data__entered_at", "served"])
@pytest.mark.parametrize(
    "moment",
    [
        "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "0000-01-01T00:00:00Z",
        "2016-12-31T23:59:60Z", "2026-03-02T24:00:00Z", "2026-03-02T08:14:05+24:00", "2026-03-02T08:14:05+99:99",
        "2026-02-29T08:14:05Z", "２026-03-02T08:14:05Z", "2026-03-02T08:14:05+08:00\n", "-026-03-02T08:14:05Z",
        "1990-01-01T00:00:00Z",
    ],
)  # fmt: skip
def test_impossible_moments_are_refused(sqlite_desk: Desk, where: str, moment: str) -> None:
    """Years at the ends of the calendar, leap seconds, offsets that no clock has: named, never a failure."""
    changes: dict[str, Any] = {where: moment}
    if where == "served":
        changes = {
            "data__document": {"code": "receipt", "served_at": moment},
            "type": "lookup.document",
            "data__to": None,
        }
    assert sent(sqlite_desk, dump(event(**changes))).status_code == 422


@pytest.mark.parametrize(
    ("body", "media", "expected"),
    [
        (b'{"id":' + b"9" * 100_000 + b"}", EVENT, "json.syntax"),
        (b'{"id":1e400}', EVENT, "wire.missing"),
        (b'{"id":-Infinity}', EVENT, "json.syntax"),
        (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, EVENT, "json.depth"),
        (b"{" + b",".join(b'"a%d":1' % n for n in range(20_000)) + b"}", EVENT, "wire.unknown_member"),
        (b"{" + b",".join([b'"a":1'] * 20_000) + b"}", EVENT, "json.repeated_member"),
        (b"\n" * 1_000_000, LINES, "batch.shape"),
        (b" \r\n\t\n" * 100_000, LINES, "batch.shape"),
        (b"1\n" * 1_000_000, LINES, "batch.shape"),
        (b"[" + b"1," * 100_000 + b"1]", BATCH, "batch.shape"),
        (dump(event(data__persons=[{"role": "reporter", "phone": "19900001234"}] * 20_000)), EVENT, "wire.too_many"),
    ],
    ids=range(11),
)  # fmt: skip
def test_monstrous_bodies_are_refused_cheaply(
    sqlite_desk: Desk, body: bytes, media: str, expected: str
) -> None:
    """Endless digits, depth, members, lines and items: counted before they are read."""
    response = sent(sqlite_desk, body, media)
    assert expected in [each["rule"] for each in response.get_json()["errors"]]


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "x-unknown", "gzip, gzip"])
def test_a_compressed_body_is_not_opened(sqlite_desk: Desk, coding: str) -> None:
    """A bomb stays packed: 415."""
    bomb = gzip.compress(b" " * 20_000_000)
    headers = sqlite_desk.signing().headers("POST", "/v1/events", EVENT, bomb)
    response = sqlite_desk.web.post("/v1/events", data=bomb, headers=headers | {"Content-Encoding": coding})
    assert (rule(response), response.status_code) == ("media-type", 415)


@pytest.mark.parametrize(
    "digest",
    [
        *("md5=:AAAA:", "sha-256=:AAAA:", "sha-256=1", "sha-256", "sha-256=:!!!:", "sha-256=()", "*"),
        *("unixsum=1", "sha-256=@1"),
    ],
)
def test_a_signed_digest_that_is_none_is_refused(sqlite_desk: Desk, digest: str) -> None:
    """Whatever stands in Content-Digest, signed as it is: 401, nothing kept."""
    body = dump(event())
    headers = sqlite_desk.signing(extra={"content-digest": digest}).headers("POST", "/v1/events", EVENT, body)
    response = sqlite_desk.web.post("/v1/events", data=body, headers=headers | {"Content-Digest": digest})
    assert (rule(response), response.status_code) == ("content-digest", 401)
    assert count(sqlite_desk.context.database, tables.event) == 0


@pytest.mark.parametrize(
    "extra",
    [
        "@status",
        "@request-target",
        "x-missing",
        "@query-param",
        "content-digest",
        "signature",
        "@unknown",
        "",
    ],
)
def test_a_strange_component_is_refused(sqlite_desk: Desk, extra: str) -> None:
    """Components that a request has not, twice or never heard of: 401."""
    covered = ("@method", "@target-uri", "content-digest", extra)
    how = sqlite_desk.signing(covered=covered, extra={} if extra == "content-digest" else {extra: "x"})
    headers = how.headers("POST", "/v1/events", EVENT, dump(event()))
    assert sqlite_desk.web.post("/v1/events", data=dump(event()), headers=headers).status_code == 401


def test_a_parameter_twice_is_refused(database: Database) -> None:
    """Nobody can mean both: the first would be a dry run, the second the real thing."""
    desk = Desk(database)
    response = desk.send(event(), query="dry_run=1&dry_run=0")
    assert (rule(response), response.status_code) == ("bad-request", 400)
    assert response.get_json()["errors"][0]["pointer"] == "/dry_run"
    assert count(database, tables.event) == 0


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "PATCH", "PUT", "FOO"])
@pytest.mark.parametrize("path", ["/v1/events", "/v1/quarantine", "/v1/whoami", "/healthz"])
def test_every_other_method_is_a_documented_refusal(sqlite_desk: Desk, method: str, path: str) -> None:
    """405 with Allow and a problem document, OPTIONS too."""
    response = sqlite_desk.web.open(path, method=method)
    assert (rule(response), response.status_code) == ("method", 405)
    assert method not in response.headers["Allow"]


@pytest.mark.parametrize("host", ["a b", "[::1", "", "a/b", "é", "evil.example"])
def test_another_host_is_another_target(sqlite_desk: Desk, host: str) -> None:
    """A signature for this service is none for another name."""
    headers = sqlite_desk.signing().headers("POST", "/v1/events", EVENT, dump(event()))
    response = sqlite_desk.web.post("/v1/events", data=dump(event()), headers=headers | {"Host": host})
    assert response.status_code in (400, 401)
    assert count(sqlite_desk.context.database, tables.event) == 0


def test_one_id_a_thousand_times_in_a_batch(database: Database) -> None:
    """The same event is taken once; a thousand contents under one id are kept, each with its reason."""
    desk = Desk(database)
    same = desk.send([event()] * 1000, BATCH).get_json()["counts"]
    assert (same["accepted"], same["duplicate"]) == (1, 999)
    other = desk.send([event(sequence=str(n)) for n in range(1000)], BATCH).get_json()["counts"]
    assert other["conflict"] == 1000
    with database.read() as conn:
        assert conn.execute(text("SELECT count(*) FROM quarantine WHERE state = 'open'")).scalar_one() == 1000
