"""What a refusal tells the vendor who reads it: what is meant, which form is wanted, what to do."""

from __future__ import annotations

import pytest

from lookup.domain.quarantine import State
from lookup.web.push.forms import FORMS
from tests.support.pushing import EVENT, Desk, event, rule
from tests.web.push.test_quarantine import ask


def english(desk: Desk, path: str, query: str = "") -> tuple[str, str]:
    """Rule and English text of the first fault of a question."""
    first = desk.ask(path, query=query).get_json()["errors"][0]
    return first["rule"], first["text"]["en"]


def test_a_list_or_item_that_is_not_there_is_told_apart_from_a_wrong_address(sqlite_desk: Desk) -> None:
    """404 says that there is no such list or item of the caller's; elsewhere it says to check the address."""
    told = [
        sqlite_desk.ask("/v1/manifests/nothing"),
        sqlite_desk.ask("/v1/manifests/not~a~name"),
        ask(sqlite_desk, "DELETE", "/v1/quarantine/4711"),
        sqlite_desk.ask("/v1/nothing"),
    ]
    assert {rule(each) for each in told} == {"not-found"}
    details = [each.get_json()["detail"] for each in told]
    assert ["清单" in details[0], "清单" in details[1], "隔离件" in details[2]] == [True] * 3
    assert [("地址" in each) for each in details] == [False, False, False, True]


def test_a_missing_parameter_is_not_called_a_member(sqlite_desk: Desk) -> None:
    """An address has parameters."""
    told = english(sqlite_desk, "/v1/digests")
    assert told == ("wire.missing", "A required query parameter is missing.")


@pytest.mark.parametrize(
    ("path", "query", "form"),
    [
        ("/v1/digests", "day=2026-03-02&unit=3699", "12 digits"),
        ("/v1/digests", "day=2026-9-2", "2026-03-02"),
        ("/v1/quarantine", "since=2026-03-02T08:00:00+08:00", "%2B"),
        ("/v1/quarantine", "limit=500", "from 1 to 200"),
        ("/v1/quarantine", "state=gone", "withdrawn"),
    ],
)
def test_a_parameter_of_a_wrong_form_is_told_the_form(
    sqlite_desk: Desk, path: str, query: str, form: str
) -> None:
    """A plus sign in an address is a space, so the lost sign of an offset is explained too."""
    assert form in english(sqlite_desk, path, query)[1]


def test_a_member_of_a_wrong_form_is_told_the_form(sqlite_desk: Desk) -> None:
    """In events as in addresses."""
    told = sqlite_desk.send(event(data__unit="3699")).get_json()["errors"][0]
    assert (told["pointer"], told["rule"]) == ("/data/unit", "wire.format")
    assert "12 digits" in told["text"]["en"]
    assert "12 位数字" in told["text"]["zh-Hans"]


def test_the_states_of_quarantine_are_all_named() -> None:
    """The sentence about `state` keeps up with the states."""
    for text in FORMS["state"]:
        assert all(state.value in text for state in State)


@pytest.mark.parametrize("body", [[1], [event()], "text", 7])
def test_an_array_sent_as_one_event_is_told_the_type_of_batches(sqlite_desk: Desk, body: object) -> None:
    """It is no element of a batch, and is refused and kept as one event."""
    response = sqlite_desk.send(body, media=EVENT)
    told = response.get_json()
    assert (response.status_code, told["quarantined"]) == (422, True)
    assert told["errors"][0]["rule"] == "wire.type"
    assert "application/cloudevents-batch+json" in told["errors"][0]["text"]["en"]
