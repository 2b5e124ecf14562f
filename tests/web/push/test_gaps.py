"""`GET /v1/gaps`: a source sees what is missing of its own sequence, and of nobody else's."""

from __future__ import annotations

import time

import time_machine

from lookup.storage.database import Database
from tests.support.pushing import LINES, SOURCE, Desk, dump, event, rule


def numbered(*numbers: int) -> bytes:
    """One first event of an incident for each number, as lines."""
    return b"\n".join(
        dump(event(f"e-{n}", sequence=str(n), subject=f"369901260302081405{n:02}")) for n in numbers
    )


def test_before_the_first_number_nothing_is_missing(sqlite_desk: Desk) -> None:
    """A source without sequence numbers gets an answer in the same shape."""
    assert sqlite_desk.ask("/v1/gaps").get_json() == {
        "source": SOURCE, "grace": 15, "first": None, "last": None,
        "missing": 0, "settling": 0, "gaps": [], "more": False, "unused": 0, "declared": [],
    }  # fmt: skip


def test_a_gap_settles_is_told_and_closes(database: Database) -> None:
    """Within the grace time it settles, afterwards it is told with its age, and the missing events close it."""
    desk = Desk(database)
    desk.send(numbered(1, 2, 6), LINES)
    assert desk.ask("/v1/gaps").get_json()["settling"] == 3
    with time_machine.travel(time.time() + 901, tick=False):
        told = desk.ask("/v1/gaps").get_json()
        assert (told["missing"], told["settling"]) == (3, 0)
        assert [(gap["first"], gap["last"]) for gap in told["gaps"]] == [("3", "5")]
        assert told["gaps"][0]["since"].endswith("+08:00")
        desk.send(numbered(5, 3, 4, 3), LINES)
        assert desk.ask("/v1/gaps").get_json()["gaps"] == []


def test_a_refused_event_has_come(sqlite_desk: Desk) -> None:
    """What is kept in quarantine is not missing, even when only its number can be read."""
    sqlite_desk.send(numbered(1, 3), LINES)
    refused = sqlite_desk.send(event("e-2", sequence="2", time="yesterday"))
    assert rule(refused) == "event-refused"
    told = sqlite_desk.ask("/v1/gaps").get_json()
    assert (told["first"], told["last"], told["settling"]) == ("1", "3", 0)


def test_numbers_under_a_foreign_source_do_not_count(sqlite_desk: Desk) -> None:
    """An event that names another source moves neither's sequence."""
    sqlite_desk.send(numbered(1), LINES)
    sqlite_desk.send(event("e-9", sequence="9", source="urn:other"))
    assert sqlite_desk.ask("/v1/gaps").get_json()["last"] == "1"


def test_a_replayed_question_is_refused(sqlite_desk: Desk) -> None:
    """Each signature asks once."""
    nonce = "n" * 20
    assert sqlite_desk.ask("/v1/gaps", nonce=nonce).status_code == 200
    assert rule(sqlite_desk.ask("/v1/gaps", nonce=nonce)) == "signature-replayed"
    assert rule(sqlite_desk.ask("/v1/gaps", query="source=urn:other")) == "bad-request"
