"""The JSON API: the pages' use cases, problems that help and echo nothing, a document that tells the truth."""

from __future__ import annotations

import time
from typing import Any

import pytest
import schemathesis
import time_machine
from hypothesis import HealthCheck, Phase, given, settings
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance
from sqlalchemy import text

from lookup.domain.budget import REPORT, WAIT_SECONDS
from lookup.domain.reference import derive_code, display
from lookup.storage.database import Database
from tests.support import contexts
from tests.support.reports import ID_NUMBER, NAME, NUMBER, PHONE, push_story
from tests.web.citizen.conftest import Site, app_on, text_of

VERIFY = "/api/v1/verifications"
EXAMPLES = 60
# Whether a reference is right no schema can say; a pass may come as a cookie too.
UNFIT = [ignored_auth, positive_data_acceptance]


def claim(site: Site, **changes: object) -> dict[str, object]:
    """The right claim of the reporter, with changes."""
    fact = {"kind": "phone_last4", "phone_last4": PHONE[-4:]}
    return {"number": NUMBER, "code": site.reference.code, "second_fact": fact} | changes


def test_a_proved_reference_opens_the_report(site: Site) -> None:
    """The pass works as a bearer token in another client, and slides with each answer."""
    proved = site.browser().post(VERIFY, json=claim(site))
    assert (proved.status_code, proved.get_json()["tier"]) == (201, "T1")
    bearer = {"Authorization": f"Bearer {proved.get_json()['pass']}"}
    shown = site.browser().get("/api/v1/report", headers=bearer)
    assert shown.get_json()["incident"] == NUMBER
    assert shown.get_json()["report"]["acceptance"]["code"] == "accepted"
    assert "Set-Cookie" not in shown.headers
    renewed = {"Authorization": f"Bearer {shown.headers['Lookup-Pass']}"}
    assert site.browser().get("/api/v1/report", headers=renewed).status_code == 200


def test_a_link_and_an_identity_prove_too(site: Site) -> None:
    """A link with the victim's identity reaches tier T2."""
    fact = {"kind": "id_last6_name", "id_last6": ID_NUMBER[-6:], "name": NAME}
    proved = site.browser().post(VERIFY, json={"link": site.reference.link, "second_fact": fact})
    assert proved.get_json()["tier"] == "T2"


def test_ending_the_session_ends_every_copy(site: Site) -> None:
    """After DELETE the same token opens nothing."""
    token = site.browser().post(VERIFY, json=claim(site)).get_json()["pass"]
    bearer = {"Authorization": f"Bearer {token}"}
    assert site.browser().delete("/api/v1/session", headers=bearer).status_code == 204
    gone = site.browser().get("/api/v1/report", headers=bearer)
    assert (gone.status_code, gone.mimetype) == (401, "application/problem+json")


def test_everything_that_does_not_match_is_one_document(database: Database) -> None:
    """Unknown number, wrong code and wrong second fact: the same status, headers and bytes."""
    client = app_on(database).test_client()
    code, wrong = (display(derive_code(contexts.key(number), NUMBER, 1)) for number in (2, 99))
    fact = {"kind": "phone_last4", "phone_last4": "1234"}
    right = {"number": NUMBER, "code": code, "second_fact": fact}
    unknown = client.post(VERIFY, json=right)
    push_story(contexts.push(database))
    other = fact | {"phone_last4": "0000"}
    for change in ({"code": wrong}, {"second_fact": other}):
        answer = client.post(VERIFY, json=right | change)
        assert answer.status_code == 403
        assert (answer.data, dict(answer.headers)) == (unknown.data, dict(unknown.headers))


@pytest.mark.parametrize(
    "body",
    [
        '{"number": "4242secret", "code": "4242secret", "second_fact": {"kind": "phone_last4", "phone_last4": "42"}}',
        '{"4242secret": 1}',
        '{"number": ["4242secret"], "second_fact": {"kind": "4242secret"}}',
        '{"second_fact": {"kind": "id_last6_name", "id_last6": "4242secret", "name": 4242}}',
        "4242secret",
        '"4242secret"',
        '{"number": "4242secret',
        "",
    ],
)
def test_what_was_sent_is_never_sent_back(site: Site, body: str) -> None:
    """Whatever is wrong, the problem names the field and what to do, and repeats nothing; no attempt is counted."""
    answer = site.browser().post(VERIFY, data=body, content_type="application/json")
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert "4242" not in text_of(answer)
    assert answer.get_json()["errors"]
    assert all(error["detail"] for error in answer.get_json()["errors"])
    with site.database.read() as conn:
        assert conn.execute(text("SELECT count(*) FROM budget")).scalar_one() == 0


def test_problems_speak_the_language_asked_for(site: Site) -> None:
    """Accept-Language decides the words, never the codes."""
    sent = claim(site, code="")
    english = site.browser().post(VERIFY, json=sent, headers={"Accept-Language": "en"}).get_json()
    chinese = site.browser().post(VERIFY, json=sent, headers={"Accept-Language": "zh-CN"}).get_json()
    assert english["errors"][0]["detail"].startswith("The query code is missing")
    assert chinese["errors"][0]["detail"].startswith("还没有填写查询码")
    assert english["errors"][0]["code"] == chinese["errors"][0]["code"] == "missing"


@pytest.mark.budgets
def test_too_many_tries_hand_out_a_ticket(site: Site) -> None:
    """429 says when to come back and with which ticket; too early it comes back unchanged, in time it lets one in."""
    wrong = display(derive_code(contexts.key(99), NUMBER, 1))
    for _ in range(REPORT.amount):
        site.browser("198.51.100.9").post(VERIFY, json=claim(site, code=wrong))
    limited = site.browser().post(VERIFY, json=claim(site))
    assert (limited.status_code, limited.mimetype) == (429, "application/problem+json")
    assert limited.headers["Retry-After"] == str(limited.get_json()["retry_after"]) == str(WAIT_SECONDS)
    early = site.browser().post(VERIFY, json=claim(site, ticket=limited.get_json()["ticket"]))
    assert (early.status_code, early.get_json()["ticket"]) == (429, limited.get_json()["ticket"])
    with time_machine.travel(time.time() + WAIT_SECONDS, tick=True):
        ripe = site.browser().post(VERIFY, json=claim(site, ticket=limited.get_json()["ticket"]))
    assert ripe.status_code == 201


def test_the_document_is_openapi_3_1(site: Site) -> None:
    """An independent validator accepts it, and what may be left out is not required."""
    document = site.browser().get("/api/v1/openapi.json").get_json()
    OpenAPIV31SpecValidator(document).validate()
    assert document["components"]["schemas"]["Verification"]["required"] == ["second_fact"]


def test_generated_requests_get_documented_answers(site: Site) -> None:
    """An independent fuzzer sends valid and invalid requests to every operation; every answer is as documented."""
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", site.app)
    seen: list[int] = []
    operations: list[Any] = [found.ok() for found in schema.get_all_operations()]  # type: ignore[union-attr]
    for operation in operations:

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def check(case: Any) -> None:
            seen.append(case.call_and_validate(excluded_checks=UNFIT).status_code)

        check()
    assert len(seen) > EXAMPLES
    assert max(seen) < 500
