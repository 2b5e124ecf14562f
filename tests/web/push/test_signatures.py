"""Who may push: each way in which a signature can be wrong is refused, leaves an entry and keeps nothing."""

from __future__ import annotations

import base64
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import time_machine
from sqlalchemy import text

from lookup.domain.events import Kind
from lookup.services import register_client
from lookup.storage import tables
from lookup.storage.database import Database
from lookup.storage.quarantine_tables import quarantine
from tests.support.pushing import BATCH, EVENT, Desk, count, dump, event, rule


def kept(desk: Desk) -> tuple[int, int]:
    """How many events and quarantined events there are."""
    return count(desk.context.database, tables.event), count(desk.context.database, quarantine)


def refused_entries(desk: Desk) -> list[str]:
    """Details of refused push entries."""
    with desk.context.database.read() as conn:
        return list(
            conn.execute(text("SELECT detail FROM audit_entry WHERE action = 20 AND outcome = 2")).scalars()
        )


def assert_refused(desk: Desk, response: Any, code: str, status: int = 401) -> None:
    """The problem is the one expected, an entry tells it, nothing is kept."""
    assert (rule(response), response.status_code) == (code, status)
    assert response.headers["Lookup-Entry"]
    assert any(f'"rule":"{code}"' in detail for detail in refused_entries(desk))
    assert kept(desk) == (0, 0)


def test_a_signed_event_is_accepted_and_brings_the_reference(database: Database) -> None:
    """The answer to a first event carries the reference to print or send."""
    desk = Desk(database)
    response = desk.send(event())
    assert response.status_code == 200
    told = response.get_json()
    assert told["outcome"] == "accepted"
    assert len(told["reference"]["code"]) == 11
    assert "/r#" in told["reference"]["link"]
    assert response.headers["Lookup-Entry"]


def test_an_old_system_may_sign_with_hmac(database: Database) -> None:
    """HMAC-SHA256 works like Ed25519; its secret is not readable in the database."""
    desk = Desk(database)
    secret = b"an old system's secret, 32 bytes"
    key = desk.keyed("hmac-sha256", secret)
    assert desk.send(event(), key=key, algorithm="hmac-sha256", secret=secret).status_code == 200
    with database.read() as conn:
        stored = conn.execute(
            text("SELECT material FROM client_key WHERE id = :id"), {"id": key}
        ).scalar_one()
    assert secret not in bytes(stored)


def test_path_authority_and_query_may_stand_for_the_target(database: Database) -> None:
    """@target-uri may be replaced by @authority and @path, with @query when there is one."""
    desk = Desk(database)
    covered = ("@method", "@authority", "@path", "content-digest")
    assert desk.send(event(), covered=covered).status_code == 200
    assert desk.send(event("e-2"), covered=(*covered, "@query"), query="dry_run=1").status_code in (
        200,
        202,
        422,
    )


def test_an_unsigned_request_is_refused(database: Database) -> None:
    """Without a signature nobody is known; the answer says how to sign."""
    desk = Desk(database)
    response = desk.web.post("/v1/events", json=event())
    assert_refused(desk, response, "signature-missing")
    assert "content-digest" in response.headers["Accept-Signature"]


def test_a_replayed_request_is_refused(database: Database) -> None:
    """The same bytes a second time are refused although the signature fits."""
    desk = Desk(database)
    headers = desk.signing().headers("POST", "/v1/events", BATCH, b"[]")
    first, again = (desk.web.post("/v1/events", data=b"[]", headers=headers) for _ in range(2))
    assert rule(first) == "batch-shape"
    assert rule(again) == "signature-replayed"


@pytest.mark.parametrize(
    ("method", "media", "query", "body", "first_status"),
    [
        ("POST", EVENT, "", event(), 200),
        ("POST", EVENT, "dry_run=1", event(), 200),
        ("POST", EVENT, "", event() | {"type": "lookup.nothing"}, 422),
        ("POST", EVENT, "dry_run=2", event(), 400),
        ("POST", EVENT, "other=1", event(), 400),
        ("POST", "text/plain", "", event(), 415),
        ("GET", EVENT, "", None, 200),
    ],
)
def test_whatever_was_answered_the_nonce_is_spent(
    database: Database, method: str, media: str, query: str, body: object, first_status: int
) -> None:
    """Taken, rehearsed, quarantined, refused or only asked: the same request again is a replay and changes nothing."""
    desk = Desk(database)
    path, raw = ("/v1/events" if body else "/v1/whoami"), dump(body) if body else b""
    headers = desk.signing(query=query).headers(method, path, media, raw)
    target = f"{path}?{query}" if query else path
    first = desk.web.open(target, method=method, data=raw, headers=headers)
    before = kept(desk)
    again = desk.web.open(target, method=method, data=raw, headers=headers)
    assert first.status_code == first_status
    assert (rule(again), again.status_code) == ("signature-replayed", 401)
    assert again.headers["Lookup-Entry"]
    assert kept(desk) == before


def test_of_the_same_request_many_times_at_once_one_is_taken(database: Database) -> None:
    """Replays that race with the original meet at the nonce's key."""
    desk = Desk(database)
    raw = dump(event())
    headers = desk.signing().headers("POST", "/v1/events", EVENT, raw)

    def send(_: int) -> int:
        return desk.app.test_client().post("/v1/events", data=raw, headers=headers).status_code

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(send, range(8))) == [200, *[401] * 7]
    assert kept(desk) == (1, 0)


def test_nonce_and_events_are_durable_together(database: Database) -> None:
    """When the events can not be kept the nonce is not spent either: the client may send the very same again."""
    desk = Desk(database)
    raw = dump(event())
    headers = desk.signing().headers("POST", "/v1/events", EVENT, raw)
    with database.write() as conn:
        conn.execute(text("ALTER TABLE event RENAME TO elsewhere"))
    failed = desk.web.post("/v1/events", data=raw, headers=headers)
    with database.write() as conn:
        conn.execute(text("ALTER TABLE elsewhere RENAME TO event"))
    assert failed.status_code == 503
    assert desk.web.post("/v1/events", data=raw, headers=headers).status_code == 200


def test_a_tampered_body_is_refused(database: Database) -> None:
    """The body is the one whose digest was signed."""
    desk = Desk(database)
    assert_refused(desk, desk.send(event(), sent=b"{}"), "content-digest")


def test_a_tampered_target_is_refused(database: Database) -> None:
    """A signature for a dry run is none for the real thing, nor the other way round."""
    desk = Desk(database)
    headers = desk.signing(query="dry_run=1").headers("POST", "/v1/events", BATCH, b"[]")
    assert_refused(desk, desk.web.post("/v1/events", data=b"[]", headers=headers), "signature-invalid")


def test_a_tampered_digest_field_is_refused(database: Database) -> None:
    """A digest that was made to fit another body breaks the signature."""
    desk = Desk(database)
    headers = desk.signing().headers("POST", "/v1/events", BATCH, b"[]")
    other = desk.signing().headers("POST", "/v1/events", BATCH, b"[1]")
    headers["Content-Digest"] = other["Content-Digest"]
    assert_refused(desk, desk.web.post("/v1/events", data=b"[1]", headers=headers), "signature-invalid")


def test_an_expired_signature_is_refused(database: Database) -> None:
    """More than 300 seconds after `expires` the signature is dead."""
    desk = Desk(database)
    assert_refused(desk, desk.send(event(), created=int(time.time()) - 362, life=60), "signature-expired")


def test_a_signature_from_the_future_is_refused(database: Database) -> None:
    """More than 300 seconds ahead is no clock skew any more."""
    desk = Desk(database)
    assert_refused(desk, desk.send(event(), created=int(time.time()) + 330), "signature-future")


@pytest.mark.parametrize("skew", [-340, 280])
def test_clock_skew_within_the_window_is_tolerated(database: Database, skew: int) -> None:
    """A clock that is up to 300 seconds wrong does no harm."""
    assert Desk(database).send(event(), created=int(time.time()) + skew).status_code == 200


@pytest.mark.parametrize("life", [0, -5, 301])
def test_a_signature_lives_at_most_300_seconds(database: Database, life: int) -> None:
    """Nonces can be forgotten because no signature lives longer."""
    desk = Desk(database)
    assert_refused(desk, desk.send(event(), life=life), "signature-lifetime")


@pytest.mark.parametrize(
    "covered",
    [
        ("@target-uri", "content-digest"),
        ("@method", "content-digest"),
        ("@method", "@target-uri"),
        ("@method", "@path", "content-digest"),
        ("@method", "@authority", "content-digest"),
    ],
)
def test_a_wrongly_covered_signature_is_refused(database: Database, covered: tuple[str, ...]) -> None:
    """Method, target and body digest must all be covered."""
    desk = Desk(database)
    assert_refused(desk, desk.send(event(), covered=covered), "signature-coverage")


def test_a_signature_for_a_foreign_unit_is_refused(database: Database) -> None:
    """A client's key is good for its own units only; what it signed for another one is kept and takes no effect."""
    desk = Desk(database, units=("3698",))
    response = desk.send(event())
    assert (rule(response), response.status_code) == ("event-refused", 422)
    assert [(e["pointer"], e["rule"]) for e in response.get_json()["errors"]] == [
        ("/data/unit", "scope.unit")
    ]
    assert kept(desk) == (0, 1)


def test_an_uncovered_query_is_refused(database: Database) -> None:
    """Nobody on the way may turn a push into a dry run."""
    desk = Desk(database)
    covered = ("@method", "@authority", "@path", "content-digest")
    assert_refused(desk, desk.send(event(), covered=covered, query="dry_run=1"), "signature-coverage")


@pytest.mark.parametrize("nonce", ["", "short", "n" * 65])
def test_a_nonce_of_16_to_64_characters_is_needed(database: Database, nonce: str) -> None:
    """Without a nonce a replay could not be seen."""
    desk = Desk(database)
    assert_refused(desk, desk.send(event(), nonce=nonce), "signature-parameters")


def test_the_wrong_private_key_is_refused(database: Database) -> None:
    """A key id is only a name; the signature must be made with its private key."""
    desk = Desk(database)
    assert_refused(desk, desk.send(event(), secret=bytes(32)), "signature-invalid")


def test_an_unknown_key_is_refused(database: Database) -> None:
    """Nobody has registered it."""
    desk = Desk(database)
    assert_refused(desk, desk.send(event(), key="yunxi.00000000"), "key-unknown")


def test_the_public_key_is_no_hmac_secret(database: Database) -> None:
    """The algorithm is the registered one, whatever the sender uses."""
    desk = Desk(database)
    with database.read() as conn:
        public = bytes(conn.execute(text("SELECT material FROM client_key")).scalar_one())
    assert_refused(desk, desk.send(event(), algorithm="hmac-sha256", secret=public), "signature-invalid")


def test_another_tag_is_no_signature_for_us(database: Database) -> None:
    """A signature made for another purpose with the same key is not taken."""
    desk = Desk(database)
    assert_refused(desk, desk.send(event(), tag="other"), "signature-tag")


@pytest.mark.parametrize("value", ["", "sig1=:x", "nonsense;;", "sig1=1", 'sig1=("@method")', "\u00e9"])
def test_malformed_signature_fields_are_refused(database: Database, value: str) -> None:
    """Whatever stands in the header fields, it is a 401 and never a failure."""
    desk = Desk(database)
    for name in ("Signature-Input", "Signature"):
        headers = desk.signing().headers("POST", "/v1/events", BATCH, b"[]") | {name: value}
        assert desk.web.post("/v1/events", data=b"[]", headers=headers).status_code == 401
    assert kept(desk) == (0, 0)


def test_a_revoked_key_is_refused_and_the_other_still_works(database: Database) -> None:
    """Rotation: two keys live at once, one is revoked, the client goes on with the other."""
    desk = Desk(database)
    second = desk.keyed("hmac-sha256", b"s" * 32)
    register_client.revoke_key(desk.context, "tester", desk.key)
    assert_refused(desk, desk.send(event()), "key-revoked")
    assert desk.send(event(), key=second, algorithm="hmac-sha256", secret=b"s" * 32).status_code == 200


def test_an_expired_key_is_refused(database: Database) -> None:
    """A key ends at its expiry."""
    desk = Desk(database)
    row = register_client.add_key(desk.context, "tester", "yunxi", "hmac-sha256", b"s" * 32, expires=1)
    assert not isinstance(row, register_client.Refusal)
    response = desk.send(event(), key=row.id, algorithm="hmac-sha256", secret=b"s" * 32)
    assert_refused(desk, response, "key-expired")


def test_a_suspended_client_is_refused_until_it_is_resumed(database: Database) -> None:
    """Suspension takes effect with the next request and ends with `resume`."""
    desk = Desk(database)
    register_client.suspend(desk.context, "tester", "yunxi")
    assert_refused(desk, desk.send(event()), "client-suspended", 403)
    register_client.resume(desk.context, "tester", "yunxi")
    assert desk.send(event()).status_code == 200


def test_an_expired_client_is_refused(database: Database) -> None:
    """A registration ends at its expiry."""
    desk = Desk(database)
    register_client.rescope(desk.context, "tester", "yunxi", register_client.Scope(("3699",), (), 1))
    assert_refused(desk, desk.send(event()), "client-expired", 403)


def test_nobody_without_the_key_learns_its_state(database: Database) -> None:
    """A forged signature is answered the same for a live and for a revoked key."""
    desk = Desk(database)
    before = desk.send(event(), secret=bytes(32)).data
    register_client.revoke_key(desk.context, "tester", desk.key)
    assert desk.send(event(), secret=bytes(32)).data == before


def test_a_client_can_ask_who_it_is(database: Database) -> None:
    """whoami needs a signature without a body and tells the scope; without a limit every kind is named."""
    desk = Desk(database)
    how = desk.signing(covered=("@method", "@target-uri"))
    headers = how.headers("GET", "/v1/whoami", "", b"")
    told = desk.web.get("/v1/whoami", headers=headers).get_json()
    assert told == {
        "client": "yunxi",
        "name": "云溪市110",
        "source": "urn:yunxi:110",
        "key": desk.key,
        "units": ["3699"],
        "kinds": [kind.value for kind in Kind],
    }
    assert rule(desk.web.get("/v1/whoami")) == "signature-missing"


def test_a_second_digest_must_fit_too(database: Database) -> None:
    """Of several digests in one field every one must be right."""
    desk = Desk(database)
    how = desk.signing()
    good = how.headers("POST", "/v1/events", BATCH, b"[]")["Content-Digest"]
    wrong = f"{good}, sha-512=:{base64.b64encode(bytes(64)).decode()}:"
    headers = desk.signing(extra={"content-digest": wrong}).headers("POST", "/v1/events", BATCH, b"[]")
    headers["Content-Digest"] = wrong
    assert_refused(desk, desk.web.post("/v1/events", data=b"[]", headers=headers), "content-digest")


def test_a_flood_of_unsigned_requests_is_stopped_and_signed_ones_still_pass_elsewhere(
    sqlite_desk: Desk,
) -> None:
    """600 failures a minute from one network are enough; another network is not held back by them."""
    with time_machine.travel(time.time(), tick=False):
        codes = [sqlite_desk.web.post("/v1/events").status_code for _ in range(601)]
        last = sqlite_desk.web.post("/v1/events", headers={"Accept-Language": "en"})
        watched = sqlite_desk.web.get("/healthz")
    assert watched.status_code == 200
    assert set(codes[:600]) == {401}
    assert (last.status_code, rule(last)) == (429, "limited")
    assert "signatures from this network were refused" in last.get_json()["detail"]
    assert "batches" not in last.get_json()["detail"]
    headers = sqlite_desk.signing().headers("POST", "/v1/events", BATCH, b"[]")
    elsewhere = {"REMOTE_ADDR": "198.51.100.7"}
    response = sqlite_desk.web.post("/v1/events", data=b"[]", headers=headers, environ_base=elsewhere)
    assert response.status_code == 400


def test_no_nonce_enters_the_ledger(sqlite_desk: Desk) -> None:
    """Its maker chooses it: of what was taken, refused, asked, replayed or forged, no entry has it."""
    nonces = [f"tel-19900001234-{n}" for n in range(5)]
    answers = [
        sqlite_desk.send(event(), nonce=nonces[0]),
        sqlite_desk.send(event("e-2", data__to="Z99"), nonce=nonces[1]),
        sqlite_desk.ask("/v1/digests", query="day=2026-03-02", nonce=nonces[2]),
        sqlite_desk.send(event(), nonce=nonces[0]),
        sqlite_desk.send(event(), nonce=nonces[3], secret=bytes(32)),
        sqlite_desk.ask("/v1/manifests/none", nonce=nonces[4]),
    ]
    assert [answer.status_code for answer in answers] == [200, 422, 200, 401, 401, 404]
    with sqlite_desk.context.database.read() as conn:
        entries = str(conn.execute(text("SELECT * FROM audit_entry")).all())
    assert "yunxi" in entries
    assert not any(nonce in entries for nonce in nonces)
