"""The OpenAPI document tells the truth: generated requests get no 5xx and no undocumented answer.

LOOKUP_TEST_REQUESTS sets how many requests are generated for each operation: docs/bench.md.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance
from sqlalchemy import func, select

from lookup.storage import tables
from lookup.storage.quarantine_tables import quarantine
from tests.support.lists import DAY, hashed, numbers
from tests.support.pushing import EVENT, NUMBER, SOURCE, UNIT, Application, Desk, Signing, dump, event

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

REQUESTS = int(os.environ.get("LOOKUP_TEST_REQUESTS", "0"))
EXAMPLES = REQUESTS or 300
DRAWN = EXAMPLES if REQUESTS else EXAMPLES // 3
"""How many bodies are drawn, which costs more than answering them; each is sent as it is, and again mended."""
FEW = REQUESTS or 40
"""How many requests an operation gets that has no body to vary."""
# The signer above makes every request authentic; what is lawful the rulebooks say, not the schema.
UNFIT = [ignored_auth, positive_data_acceptance]


def signed(app: Application, key: str) -> Application:
    """Sign whatever passes by, so that generated requests get past the guard."""

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        how = Signing(key, query=environ.get("QUERY_STRING", ""), authority=environ["HTTP_HOST"])
        made = how.headers(environ["REQUEST_METHOD"], environ["PATH_INFO"], "", body)
        for name in ("Content-Digest", "Signature-Input", "Signature"):
            environ["HTTP_" + name.upper().replace("-", "_")] = made[name]
        environ["wsgi.input"] = _Again(body)
        return app(environ, start_response)

    return application


class _Again:
    """A request body that was read already."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def read(self, size: int = -1) -> bytes:
        end = len(self._body) if size < 0 else size
        part, self._body = self._body[:end], self._body[end:]
        return part


RIGHT: dict[str, Any] = {
    "source": SOURCE,
    "subject": NUMBER,
    "unit": UNIT,
    "day": DAY,
    "part": 1,
    "parts": 1,
} | dict.fromkeys(("time", "entered_at", "served_at"), "2026-03-02T08:15:00+08:00")


def mended(sent: Any) -> Any:
    """A body with that put right which no schema can say, so that it gets past the first look."""
    if isinstance(sent, list):
        return [mended(each) for each in sent]
    if not isinstance(sent, dict):
        return sent
    whole: dict[str, Any] = {name: RIGHT.get(name, mended(value)) for name, value in sent.items()}
    if isinstance(whole.get("numbers"), list):
        listed = numbers(*range(min(len(whole["numbers"]), 60)))
        whole |= {"numbers": listed, "count": len(listed), "hash": hashed(listed)}
    return whole


def test_the_document_is_openapi_3_1(sqlite_desk: Desk) -> None:
    """An independent validator accepts the document, and every operation lists its errors."""
    document = sqlite_desk.web.get("/v1/openapi.json").get_json()
    OpenAPIV31SpecValidator(document).validate()
    assert set(document["paths"]["/v1/events"]["post"]["responses"]) == {
        *("200", "202", "400", "401", "403", "405", "409", "413", "415", "422", "429", "503")
    }


def probe(operation: Any) -> set[int]:
    """The statuses of generated requests of one operation, each answer as documented."""
    statuses = set()

    @settings(
        max_examples=DRAWN if operation.body else FEW,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def check(case: Any) -> None:
        for body in (case.body, mended(case.body)) if operation.body else (case.body,):
            case.body = body
            statuses.add(case.call_and_validate(excluded_checks=UNFIT).status_code)

    check()
    return statuses


def test_generated_requests_get_documented_answers(sqlite_desk: Desk) -> None:
    """An independent fuzzer sends signed valid and invalid requests; every answer is as documented."""
    sqlite_desk.app.wsgi_app = signed(sqlite_desk.app.wsgi_app, sqlite_desk.key)  # type: ignore[method-assign, assignment]
    schema = schemathesis.openapi.from_wsgi("/v1/openapi.json", sqlite_desk.app)
    operations: list[Any] = [found.ok() for found in schema.get_all_operations()]  # type: ignore[union-attr]
    seen = {operation.label: probe(operation) for operation in operations}
    assert max(set[int]().union(*seen.values())) < 500
    for label in ("POST /v1/events", "POST /v1/manifests"):
        assert {200, 422} <= seen[label]
    assert 422 in seen["POST /v1/gaps"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(member=st.sampled_from(["id", "source", "type", "subject", "time", "data", "sequence"]), value=JSON)
def test_any_value_anywhere_is_a_client_error_and_kept(sqlite_desk: Desk, member: str, value: Any) -> None:
    """Whatever JSON stands in a member: accepted, or refused as the client's fault; nothing signed is dropped."""
    body = dump_any(event() | {member: value})
    response = sqlite_desk.send(body)
    assert response.status_code in (200, 400, 409, 422)
    with sqlite_desk.context.database.read() as conn:
        kept = sum(
            conn.execute(select(func.count()).select_from(t)).scalar_one() for t in (tables.event, quarantine)
        )
    assert kept >= 1


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=200))
def test_any_bytes_are_a_client_error(sqlite_desk: Desk, body: bytes) -> None:
    """Arbitrary bytes, signed, never make the service fail."""
    assert sqlite_desk.send(body).status_code in (400, 422)
    assert EVENT.endswith("+json")


def dump_any(value: object) -> bytes:
    """JSON of anything, lone surrogates and NaN included."""
    try:
        return dump(value)
    except UnicodeEncodeError:
        return dump(value and {"surrogate": True})
