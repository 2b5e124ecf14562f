"""The examples and conditions of the OpenAPI document are those of the service and of docs/push.md."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator

from lookup.domain.events import Kind
from lookup.web.push.openapi_examples import ANSWERS, REQUESTS
from lookup.web.push.openapi_types import NEEDS
from tests.support.pushing import BATCH, EVENT, LINES, SOURCE, Desk, event, later, rule
from tests.web.push.test_docs import EVENTS, PAGE

FILLED: dict[str, Any] = {
    "to": "J20",
    "case": "A3699015100002026030001",
    "document": {"code": "REPORT_RECEIPT"},
    "replaces": {"source": SOURCE, "id": "e-1"},
    "approver": "012345",
}
REASONS = {Kind.PAUSE: "hearing", Kind.MARK: "minor_crime", Kind.WITHHOLD: "privacy"}
SENT = REQUESTS["pushEvents"][EVENT]
JSON, PROBLEM = "application/json", "application/problem+json"


def validator(document: dict[str, Any], schema: dict[str, Any]) -> OAS31Validator:
    """A validator of one schema of the document."""
    return OAS31Validator(schema | {"components": document["components"]})


def contents(operation: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Content type and schema with examples of whatever an operation takes and answers."""
    answers = operation["responses"].values()
    parts = [operation.get("requestBody", {}), *answers]
    return [item for part in parts for item in part.get("content", {}).items()]


def test_every_example_has_the_form_of_its_schema(sqlite_desk: Desk) -> None:
    """Each example validates against the schema beside it, and each line of lines against that of its elements."""
    document = sqlite_desk.web.get("/v1/openapi.json").get_json()
    methods = [m for path in document["paths"].values() for m in path.values() if isinstance(m, dict)]
    seen = 0
    for media, content in (each for method in methods for each in contents(method)):
        for example in content.get("examples", {}).values():
            value, schema = example["value"], content["schema"]
            if media == LINES:
                values = [json.loads(line) for line in value.splitlines()]
                name = "BatchResult" if "index" in values[0] else "EventIn"
                value, schema = (
                    values,
                    {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}},
                )
            validator(document, schema).validate(value)
            seen += 1
    assert seen == sum(len(e) for sent in REQUESTS.values() for e in sent.values()) + sum(
        len(e) for told in ANSWERS.values() for media in told.values() for e in media.values()
    )


def test_the_examples_of_events_are_answered_as_they_say(sqlite_desk: Desk) -> None:
    """Sent in their order they are accepted, or refused in the words of the example; the page prints the same ones."""
    for name, sent in SENT.items():
        answer = sqlite_desk.send(sent)
        if name == "refused":
            assert rule(answer) == "event-refused"
            printed = ANSWERS["pushEvents"]["422"][PROBLEM]["refused"]
            told = answer.get_json()
            assert {n: told[n] for n in ("errors", "id", "quarantined", "status", "type")} == {
                n: printed[n] for n in ("errors", "id", "quarantined", "status", "type")
            }
        elif name == "waits":
            assert answer.status_code == 202
            assert answer.get_json() == ANSWERS["pushEvents"]["202"][JSON]["waiting"]
        else:
            assert answer.get_json()["outcome"] == "accepted"
    on_page = [json.loads(text) for text in EVENTS]
    assert SENT["correction"] in on_page
    assert SENT["retraction"] in on_page


def test_the_examples_of_batches_and_refused_events_are_answered_as_they_say(sqlite_desk: Desk) -> None:
    """Batch and lines are answered in the form printed, apart from references, entries and times."""
    batch = sqlite_desk.send(REQUESTS["pushEvents"][BATCH]["batch"], BATCH).get_json()
    printed = ANSWERS["pushEvents"]["200"][JSON]["batch"]
    assert batch["counts"] == printed["counts"]
    assert [set(each) for each in batch["results"]] == [set(each) for each in printed["results"]]
    item = sqlite_desk.ask("/v1/quarantine").get_json()["items"][0]
    shown = ANSWERS["quarantine"]["200"][JSON]["open"]["items"][0]
    assert set(item) == set(shown)
    assert all(item[name] == shown[name] for name in ("id", "pointer", "rule", "text", "state"))


def test_the_example_of_what_waits_is_what_is_answered(sqlite_desk: Desk) -> None:
    """After the events that are printed, of which the last waits; the page prints the same answer."""
    for sent in SENT.values():
        sqlite_desk.send(sent)
    printed = ANSWERS["waiting"]["200"][JSON]["step"]
    assert sqlite_desk.ask("/v1/waiting", query="day=2026-03-02").get_json() == printed
    blocks = re.findall(r"```json\n(.+?)```", PAGE, re.DOTALL)
    assert printed in [json.loads(block) for block in blocks if '"lacks"' in block]


@pytest.mark.parametrize("kind", Kind)
def test_each_type_needs_what_document_and_page_say(sqlite_desk: Desk, kind: Kind) -> None:
    """With the members named an event is taken; without any one of them service and document refuse it."""
    document = sqlite_desk.web.get("/v1/openapi.json").get_json()
    schema = validator(document, {"$ref": "#/components/schemas/EventIn"})
    sqlite_desk.send(
        [event(), later("e-2", "J50", 20), later("e-3", "A20", 25, data__case=FILLED["case"])], BATCH
    )
    given = FILLED | {"reason": REASONS.get(kind, "wrong_unit")}
    data = {f"data__{name}": given[name] for name in NEEDS[kind]}
    whole = {"type": f"lookup.{kind}", "data__to": None, **data}
    taken = later("e-4", "J20", 30, **whole)
    assert schema.is_valid(taken)
    assert sqlite_desk.send(taken).status_code in (200, 202)
    for name in NEEDS[kind]:
        lacking = later(f"e-{name}", "J20", 31, **whole | {f"data__{name}": None})
        assert not schema.is_valid(lacking)
        assert sqlite_desk.send(lacking).status_code == 422
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{kind}` |"))
    needed = re.findall(r"`(\w+)`", row.split("|")[3])
    assert set(NEEDS[kind]) <= set(needed)
