"""What waits is told to its source: taken, but not fitting what is known."""

from __future__ import annotations

import pytest

from lookup.services import show_waiting
from lookup.services.register_client import Scope, register
from lookup.storage.database import Database
from tests.support.pushing import BATCH, NUMBER, SEED, SOURCE, UNIT, Desk, event, later, rule

DAY = "2026-03-02"


@pytest.fixture
def desk(database: Database) -> Desk:
    """A push desk on each database."""
    return Desk(database)


def test_what_waits_is_told_to_its_source_until_it_fits(desk: Desk) -> None:
    """A step that overtook another is told with the state where the report stands, and no longer once that came."""
    assert (
        desk.send([event(), later("e-3", "J30", 20)], BATCH).get_json()["results"][1]["outcome"] == "waiting"
    )
    query = f"day={DAY}&until=2026-03-03&unit={UNIT}"
    at = "2026-03-02T08:20:00+08:00"
    waits: dict[str, object] = {
        "id": "e-3",
        "incident": NUMBER,
        "type": "lookup.transition",
        "time": at,
        "entered_at": at,
    }
    waits |= {"to": "J30", "stands": "J10", "lacks": "step", "before": ["J20"]}
    assert desk.ask("/v1/waiting", query=query).get_json() == {
        "source": SOURCE,
        "waiting": [waits],
        "more": False,
    }
    answer = desk.ask("/v1/waiting", query=f"day={DAY}")
    assert (answer.status_code, bool(answer.headers["Lookup-Entry"])) == (200, True)
    assert desk.ask("/v1/waiting", query="day=2026-03-03").get_json()["waiting"] == []
    desk.send([later("e-2", "J20", 15)], BATCH)
    assert desk.ask("/v1/waiting", query=query).get_json()["waiting"] == []


def test_what_waits_is_asked_by_days_of_ones_own_and_once(desk: Desk) -> None:
    """A wrong span and a replayed question are refused."""
    wrong = desk.ask("/v1/waiting", query=f"day={DAY}&until=2026-05-02")
    assert (wrong.status_code, wrong.get_json()["errors"][0]["rule"]) == (400, "digest.range")
    assert desk.ask("/v1/waiting", query=f"day={DAY}", nonce="n" * 20).status_code == 200
    assert rule(desk.ask("/v1/waiting", query=f"day={DAY}", nonce="n" * 20)) == "signature-replayed"


def test_what_others_wait_for_takes_no_place_from_ones_own(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many reports of a busier source wait on that day, only those with an event of the asker's count."""
    monkeypatch.setattr(show_waiting, "MOST", 2)
    other = "urn:yunxi:120"
    register(desk.context, "tester", "other", "云溪市120", other, Scope(("3699",)))
    key = desk.keyed("hmac-sha256", SEED, "other")
    for serial in range(3):
        desk.send(later(f"e-{serial}", "J30", 10, subject=f"3699012603020814{serial:04}"))
    mine = later("o-1", "J30", 40, subject="36990126030208140099", source=other)
    assert desk.send(mine, key=key, algorithm="hmac-sha256").status_code == 202
    told = desk.ask("/v1/waiting", query=f"day={DAY}", key=key, algorithm="hmac-sha256").get_json()
    assert ([each["id"] for each in told["waiting"]], told["more"]) == (["o-1"], False)
    busy = desk.ask("/v1/waiting", query=f"day={DAY}").get_json()
    assert ([each["id"] for each in busy["waiting"]], busy["more"]) == (["e-0", "e-1"], True)
