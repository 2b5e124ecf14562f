"""The push client: everything arrives once and in order, whatever the network does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from lookup.client import PushClient, PushError
from lookup.storage import tables
from tests.support import databases
from tests.support.pushing import SEED, SOURCE, Desk, count, event, later
from tests.support.pushing_http import Faulty, served


class Rig:
    """A desk on a socket, the faults before it, and a client that does not really sleep."""

    def __init__(self, desk: Desk, url: str, faulty: Faulty) -> None:
        """Open a client with the desk's key."""
        self.desk, self.url, self.faulty = desk, url, faulty
        self.pauses: list[float] = []
        self.client = PushClient(url, desk.key, SEED, SOURCE, attempts=4, pause=self.pauses.append)

    def events(self) -> int:
        """How many events the service holds."""
        return count(self.desk.context.database, tables.event)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """A client at a served desk."""
    with databases.migrated_sqlite(tmp_path) as url, databases.opened(url) as database:
        desk = Desk(database)
        with served(desk) as (address, faulty):
            made = Rig(desk, address, faulty)
            with made.client:
                yield made


def test_one_event_gets_its_reference(rig: Rig) -> None:
    """`send` fills in specversion and source and returns outcome and reference."""
    bare = {name: value for name, value in event().items() if name not in ("specversion", "source")}
    sent = rig.client.send(bare)
    assert (sent.outcome, sent.taken, sent.incident) == ("accepted", True, event()["subject"])
    assert sent.reference
    assert rig.client.send(bare).outcome == "duplicate"
    assert rig.client.whoami()["client"] == "yunxi"


def test_a_batch_is_answered_in_order(rig: Rig) -> None:
    """Each event has its own result, refused ones with pointer and rule."""
    results = rig.client.send_batch([event(), event("e-2", data__to="Z99"), later("e-3", "J20", 20)])
    assert [each.outcome for each in results] == ["accepted", "quarantined", "accepted"]
    assert results[1].errors[0]["pointer"] == "/data/to"
    assert [each.id for each in results] == ["e-1", "e-2", "e-3"]


def test_a_conflict_and_a_refusal_are_results_and_no_errors(rig: Rig) -> None:
    """What the service has judged is returned, not raised."""
    rig.client.send(event())
    assert rig.client.send(event(time="2026-03-02T08:14:06+08:00")).outcome == "conflict"
    assert rig.client.send(event("e-2", data__to="Z99")).outcome == "quarantined"


@pytest.mark.parametrize("fault", ["cut before", "cut amid", "cut after", "503", "429", "500"])
def test_a_fault_on_the_way_is_tried_again(rig: Rig, fault: str) -> None:
    """After a lost request or a lost answer the event is in the service exactly once."""
    rig.faulty.plan = [fault, fault]
    sent = rig.client.send(event())
    assert sent.taken
    assert sent.reference
    assert rig.events() == 1
    assert rig.faulty.seen == 3


def test_retry_after_is_honoured_and_pauses_grow(rig: Rig) -> None:
    """The service's Retry-After is the least; without one the pause doubles, with jitter."""
    rig.faulty.plan = ["503"]
    rig.client.send(event())
    rig.faulty.plan = ["cut before"] * 3
    rig.client.send(event("e-2"))
    assert rig.pauses[0] >= 7
    assert 0.25 <= rig.pauses[1] <= 0.5
    assert 0.5 <= rig.pauses[2] <= 1
    assert 1 <= rig.pauses[3] <= 2


def test_retry_after_may_be_a_date(rig: Rig) -> None:
    """A date counts from now; one that is past, or nonsense, leaves the usual pause."""
    later_on = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    rig.faulty.plan = [f"503 {later_on}", "503 Thu, 01 Jan 1970 00:00:00 GMT", "503 soon"]
    rig.client.send(event())
    assert 60 < rig.pauses[0] <= 90
    assert 0.5 <= rig.pauses[1] <= 1
    assert 1 <= rig.pauses[2] <= 2


def test_a_batch_survives_any_mixture_of_faults_in_order(rig: Rig) -> None:
    """Whatever happens on the way, each event is stored once and answered once, in the order given."""
    events = [event(f"e-{n}", subject=f"369901260302081405{n:02}") for n in range(30)]
    rig.faulty.plan = ["503", "cut amid", "429", "", "cut after", "cut amid", "", "502", "cut before"]
    sent = [each for start in (0, 10, 20) for each in rig.client.send_batch(events[start : start + 10])]
    assert [each.id for each in sent] == [each["id"] for each in events]
    assert all(each.taken and each.reference for each in sent)
    assert rig.events() == 30


def test_giving_up_is_said_and_sending_again_is_safe(rig: Rig) -> None:
    """When no answer comes PushError is raised, never a made-up result."""
    rig.faulty.plan = ["cut after"] * 4
    with pytest.raises(PushError, match="no answer after 4 tries"):
        rig.client.send_batch([event()])
    assert [each.outcome for each in rig.client.send_batch([event()])] == ["duplicate"]
    assert rig.events() == 1


def test_a_refused_signature_is_not_tried_again(rig: Rig) -> None:
    """More sending does not mend a wrong key; the problem document is in the error."""
    with PushClient(rig.url, rig.desk.key, bytes(32), SOURCE, pause=rig.pauses.append) as wrong:
        with pytest.raises(PushError) as caught:
            wrong.send(event())
    assert caught.value.status == 401
    assert str((caught.value.problem or {})["type"]).endswith("signature-invalid")
    assert rig.pauses == []


def test_problems_come_in_the_language_asked_for(rig: Rig) -> None:
    """Chinese unless English is asked for."""
    for language, title in (("zh-Hans", "签名不对"), ("en", "The signature does not fit")):
        with PushClient(rig.url, rig.desk.key, bytes(32), SOURCE, language=language) as wrong:
            with pytest.raises(PushError) as caught:
                wrong.send(event())
        assert (caught.value.problem or {})["title"] == title


def test_what_is_no_problem_document_is_judged_by_its_status(rig: Rig) -> None:
    """A proxy's page under 404 does not get better; under 502, or where an answer should be, it may."""
    rig.faulty.plan = ["page 404"]
    with pytest.raises(PushError) as caught:
        rig.client.send(event())
    assert (caught.value.status, caught.value.refused, rig.pauses) == (404, True, [])
    rig.faulty.plan = ["page 502", "page 200", "page 500"]
    assert rig.client.send_batch([event()])[0].taken
    assert len(rig.pauses) == 3


def test_each_wait_is_told_before_it_begins(rig: Rig) -> None:
    """What went wrong, how many tries are left and how long: for whoever shows it to a person."""
    told: list[tuple[int | None, str, int, float]] = []

    def waiting(fault: PushError, left: int, seconds: float) -> None:
        told.append((fault.status, type(fault.__cause__).__name__, left, seconds))

    rig.faulty.plan = ["503", "cut before"]
    with PushClient(
        rig.url, rig.desk.key, SEED, SOURCE, attempts=4, pause=rig.pauses.append, waiting=waiting
    ) as client:
        client.send(event())
    assert [each[:3] for each in told] == [(503, "NoneType", 3), (None, "RemoteDisconnected", 2)]
    assert [each[3] for each in told] == rig.pauses


def test_one_connection_is_kept(rig: Rig) -> None:
    """Requests of one client share a connection."""
    rig.client.send(event())
    first = rig.client._connection.sock
    rig.client.send(event("e-2", subject="36990126030208140502"))
    assert first is not None
    assert rig.client._connection.sock is first


def test_too_much_at_once_is_refused_before_sending(rig: Rig) -> None:
    """A batch over the limits is the caller's mistake; an empty one needs no request."""
    with pytest.raises(ValueError, match="at most 1000"):
        rig.client.send_batch([event()] * 1001)
    assert rig.client.send_batch([]) == []
    assert rig.faulty.seen == 0


def test_an_hmac_client_works_too(rig: Rig) -> None:
    """Old systems use the same class with a shared secret."""
    key = rig.desk.keyed("hmac-sha256", b"s" * 32)
    with PushClient(rig.url, key, b"s" * 32, SOURCE, algorithm="hmac-sha256") as client:
        assert client.send(event()).outcome == "accepted"


def test_a_dry_run_changes_nothing(rig: Rig) -> None:
    """The events are judged only."""
    assert rig.client.send_batch([event()], dry_run=True)[0].outcome == "accepted"
    assert rig.client.send(event(), dry_run=True).reference is None
    assert rig.events() == 0
