"""`lookup client` and `lookup push`: registering a source and handing over its files, as people do it."""

from __future__ import annotations

import json
import stat
import time
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import select

from lookup.cli.main import main
from lookup.cli.push_files import alone
from lookup.domain.events import Kind
from lookup.storage import tables
from tests.cli.conftest import Push as Run
from tests.support.pushing import SOURCE, Desk, count, dump, event, later
from tests.support.pushing_http import Faulty


def story(number: int) -> list[dict[str, object]]:
    """Two events of one incident."""
    subject = f"369901260302081405{number:02}"
    return [event(f"a-{number}", subject=subject), later(f"b-{number}", "J20", 20, subject=subject)]


def test_a_client_is_registered_keyed_and_shown(
    configured: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """From nothing to a live key; the private key never appears on the screen; every act is an entry."""
    file = tmp_path / "new.secret"
    assert main(["client", "keygen", str(file)]) == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    shown = capsys.readouterr().out
    assert file.read_text().strip() not in shown
    public = shown.split("Public key:")[1].split()[0]
    assert (
        main(["client", "add", "cases", "--name", "案管", "--source", "urn:yunxi:cases", "--unit", "3699"])
        == 0
    )
    assert main(["client", "key", "add", "cases", "--public", public, "--expires", "2099-12-31"]) == 0
    assert main(["client", "show", "cases"]) == 0
    shown = capsys.readouterr().out
    assert "live" in shown
    assert f"kinds    {', '.join(kind.value for kind in Kind)}\n" in shown
    assert "sequence none sent" in shown
    with configured.context.database.read() as conn:
        details = conn.execute(
            select(tables.audit_entry.c.detail).where(tables.audit_entry.c.action == 60)
        ).scalars()
        acts = [json.loads(detail)["act"] for detail in details if '"cases"' in detail]
    assert acts == ["register", "key-add"]


@pytest.mark.parametrize("day", ["2020-01-31", "31.12.2099", "2099-02-30"])
def test_a_registration_that_would_be_over_is_refused(
    configured: Desk, capsys: pytest.CaptureFixture[str], day: str
) -> None:
    """A last day in the past, or no day, is wrong use; neither a client nor a key is registered."""
    client = ["--name", "案管", "--source", "urn:yunxi:cases", "--unit", "3699"]
    for words in (["add", "cases", *client], ["key", "add", "yunxi", "--hmac", "unwritten"]):
        with pytest.raises(SystemExit) as ended:
            main(["client", *words, "--expires", day])
        assert ended.value.code == 2
        assert "argument --expires: " in capsys.readouterr().err
    assert count(configured.context.database, tables.client) == 1
    assert count(configured.context.database, tables.client_key) == 1
    assert not Path("unwritten").exists()


def test_an_operator_sees_the_gaps_of_a_source(configured: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """`lookup client show` says how the sequence stands, the gaps past their grace time included."""
    for number in (1, 2, 5, 9):
        subject = f"369901260302081405{number:02}"
        with time_machine.travel(time.time() - 1000 + number):
            configured.send(event(f"s-{number}", sequence=str(number), subject=subject))
    assert main(["client", "show", "yunxi"]) == 0
    assert "sequence 1 to 9, 5 missing (3-4, 6-8)" in capsys.readouterr().out


def test_a_shared_secret_is_written_once_and_never_shown(
    configured: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The secret of an old system goes to a new file of its owner only; an existing file is not overwritten."""
    file = tmp_path / "hmac.secret"
    assert main(["client", "key", "add", "yunxi", "--hmac", str(file)]) == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = file.read_text()
    assert main(["client", "key", "add", "yunxi", "--hmac", str(file)]) == 1
    assert file.read_text() == before
    assert before.strip() not in capsys.readouterr().out


def test_a_third_live_key_is_refused(configured: Desk, tmp_path: Path) -> None:
    """Two keys may live at once; after revoking one there is room, and no secret file is left of a refusal."""
    assert main(["client", "key", "add", "yunxi", "--hmac", str(tmp_path / "two")]) == 0
    assert main(["client", "key", "add", "yunxi", "--hmac", str(tmp_path / "three")]) == 1
    assert not (tmp_path / "three").exists()
    assert main(["client", "key", "revoke", configured.key, "--yes"]) == 0
    assert main(["client", "key", "add", "yunxi", "--hmac", str(tmp_path / "three")]) == 0


def test_dangerous_acts_need_a_yes(configured: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a terminal and without --yes nothing is suspended or revoked."""
    assert main(["client", "suspend", "yunxi"]) == 1
    assert main(["client", "key", "revoke", configured.key]) == 1
    assert configured.send(event()).status_code == 200
    assert main(["client", "suspend", "yunxi", "--yes"]) == 0
    assert configured.send(event()).status_code == 403
    assert main(["client", "resume", "yunxi"]) == 0
    assert "--yes" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ["add", "Bad Id", "--name", "x", "--source", "urn:x", "--unit", "3699"],
        ["add", "other", "--name", "x", "--source", SOURCE, "--unit", "3699"],
        ["add", "yunxi", "--name", "x", "--source", "urn:x", "--unit", "3699"],
        ["add", "other", "--name", "x", "--source", "no uri", "--unit", "3699"],
        ["scope", "yunxi", "--unit", "x"],
        ["show", "nobody"],
        ["key", "add", "yunxi", "--public", "AAAA"],
        ["key", "revoke", "nothing", "--yes"],
    ],
)  # fmt: skip
def test_a_wrong_registration_changes_nothing(configured: Desk, words: list[str]) -> None:
    """Each is explained with exit status 1."""
    before = (
        count(configured.context.database, tables.client),
        count(configured.context.database, tables.client_key),
    )
    assert main(["client", *words]) == 1
    assert before == (
        count(configured.context.database, tables.client),
        count(configured.context.database, tables.client_key),
    )


def test_files_are_sent_in_order_once_with_a_result_beside_each(
    pushing: tuple[Desk, Faulty, Run], tmp_path: Path
) -> None:
    """A folder goes file by file; a second run sends nothing more."""
    desk, faulty, push = pushing
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "1.json").write_bytes(dump(story(1)))
    (folder / "2.ndjson").write_bytes(b"".join(dump(each) + b"\n" for each in story(2)))
    assert push(folder) == 0
    outcomes = [
        json.loads(line)["outcome"] for line in (folder / "2.ndjson.result").read_bytes().splitlines()
    ]
    assert outcomes == ["accepted", "accepted"]
    assert stat.S_IMODE((folder / "1.json.result").stat().st_mode) == 0o600
    seen = faulty.seen
    assert push(folder) == 0
    assert faulty.seen == seen
    assert count(desk.context.database, tables.event) == 4


def test_refused_and_unreadable_events_are_told_in_their_place(
    pushing: tuple[Desk, Faulty, Run], tmp_path: Path
) -> None:
    """Nothing is left out silently: the result file has one line for each event, the exit status is 1."""
    _, _, push = pushing
    file = tmp_path / "e.ndjson"
    good, other = story(1)
    file.write_bytes(b"\n".join([dump(good), b"{broken", dump(event("z", data__to="Z99")), dump(other)]))
    assert push(file) == 1
    lines = (tmp_path / "e.ndjson.result").read_bytes().splitlines()
    assert [json.loads(line)["outcome"] for line in lines] == [
        "accepted",
        "unreadable",
        "quarantined",
        "accepted",
    ]


def test_an_interrupted_file_goes_on_where_it_stood(
    pushing: tuple[Desk, Faulty, Run], tmp_path: Path
) -> None:
    """After an interruption each event is in the service once and the result file is whole."""
    desk, faulty, push = pushing
    file = tmp_path / "e.ndjson"
    events = [each for number in range(1, 5) for each in story(number)]
    file.write_bytes(b"".join(dump(each) + b"\n" for each in events))
    faulty.plan = ["", "", "400"]
    assert push("--batch", 2, file) == 4
    with (tmp_path / "e.ndjson.result").open("ab") as torn:
        torn.write(b'{"outcome":"accep')
    assert push("--batch", 2, file) == 0
    lines = (tmp_path / "e.ndjson.result").read_bytes().splitlines()
    assert [json.loads(line)["id"] for line in lines] == [each["id"] for each in events]
    assert count(desk.context.database, tables.event) == 8


def test_another_file_under_the_same_name_is_not_continued(
    pushing: tuple[Desk, Faulty, Run], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A mark fits one content only; the operator is told what to do."""
    _, faulty, push = pushing
    file = tmp_path / "e.ndjson"
    file.write_bytes(b"".join(dump(each) + b"\n" for each in story(1)))
    faulty.plan = ["", "400"]
    assert push("--batch", 1, file) == 4
    file.write_bytes(b"".join(dump(each) + b"\n" for each in story(2)))
    assert push(file) == 2
    assert "--again" in capsys.readouterr().err


def test_a_file_that_grew_after_it_was_sent_goes_on(
    pushing: tuple[Desk, Faulty, Run], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was appended is sent, what was sent is not; a change of what was sent is no success."""
    desk, _, push = pushing
    file = tmp_path / "e.ndjson"
    first, second = (b"".join(dump(each) + b"\n" for each in story(number)) for number in (1, 2))
    file.write_bytes(first)
    assert push(file) == 0
    assert push(file) == 0
    assert "sent already (2 events)" in capsys.readouterr().err
    file.write_bytes(first + second)
    assert push(file) == 0
    assert "sent already" not in capsys.readouterr().err
    assert len((tmp_path / "e.ndjson.result").read_bytes().splitlines()) == 4
    assert count(desk.context.database, tables.event) == 4
    file.write_bytes(second)
    assert push(file) == 2
    (tmp_path / "e.ndjson.result").unlink()
    file.write_bytes(first + second)
    assert push(file) == 2
    assert "--again" in capsys.readouterr().err


def test_again_that_fails_loses_no_answer_and_is_no_success(
    pushing: tuple[Desk, Faulty, Run], tmp_path: Path
) -> None:
    """Answers bring references: they are kept beside, and the file counts as sent only when it was sent anew."""
    _, faulty, push = pushing
    file = tmp_path / "e.ndjson"
    file.write_bytes(b"".join(dump(each) + b"\n" for each in story(1)))
    assert push(file) == 0
    answers = (tmp_path / "e.ndjson.result").read_bytes()
    for _round in range(2):
        faulty.plan = ["400"]
        assert push("--again", file) == 4
        assert (tmp_path / "e.ndjson.result~").read_bytes() == answers
    assert push(file) == 0
    anew = (tmp_path / "e.ndjson.result").read_bytes().splitlines()
    assert [json.loads(line)["outcome"] for line in anew] == ["duplicate", "duplicate"]


def test_lost_answers_are_noticed(
    pushing: tuple[Desk, Faulty, Run], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the result file gone nothing goes on as if it were there; --again gets every answer."""
    desk, faulty, push = pushing
    file = tmp_path / "e.ndjson"
    file.write_bytes(b"".join(dump(each) + b"\n" for each in (*story(1), *story(2))))
    faulty.plan = ["", "400"]
    assert push("--batch", 2, file) == 4
    (tmp_path / "e.ndjson.result").unlink()
    assert push(file) == 2
    assert "--again" in capsys.readouterr().err
    assert push("--again", file) == 0
    assert len((tmp_path / "e.ndjson.result").read_bytes().splitlines()) == 4
    assert count(desk.context.database, tables.event) == 4


@pytest.mark.parametrize(
    "bad",
    [b'{"id":"x","id":"y"}', b'{"id":NaN}', b'{"id":1e999}', b'{"id":"\\ud800"}', b"[" * 100_000, b"\xff", b"7"],
)  # fmt: skip
def test_a_line_that_can_not_be_sent_as_written_stops_no_other(
    pushing: tuple[Desk, Faulty, Run], tmp_path: Path, bad: bytes
) -> None:
    """It is told in its place and never sent in another form."""
    _, _, push = pushing
    file = tmp_path / "e.ndjson"
    file.write_bytes(b"\n".join([bad, dump(event())]))
    assert push(file) == 1
    lines = (tmp_path / "e.ndjson.result").read_bytes().splitlines()
    assert [json.loads(line)["outcome"] for line in lines] == ["unreadable", "accepted"]


def test_one_file_is_sent_by_one_process_at_a_time(
    pushing: tuple[Desk, Faulty, Run], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two of them would mix their answers."""
    desk, _, push = pushing
    file = tmp_path / "e.json"
    file.write_bytes(dump(event()))
    with file.open("rb") as opened:
        alone(opened)
        assert push(file) == 2
    assert "another process" in capsys.readouterr().err
    assert count(desk.context.database, tables.event) == 0


def test_a_dry_run_leaves_no_files(pushing: tuple[Desk, Faulty, Run], tmp_path: Path) -> None:
    """Judging changes neither the service nor the folder."""
    desk, _, push = pushing
    file = tmp_path / "e.json"
    file.write_bytes(dump(event()))
    assert push("--dry-run", file) == 0
    assert not (tmp_path / "e.json.result").exists()
    assert count(desk.context.database, tables.event) == 0


def test_wrong_use_is_explained(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Missing options are all named at once, with exit status 2."""
    assert main(["push", "x.json"]) == 2
    told = capsys.readouterr().err
    assert all(name in told for name in ("--url", "--key-id", "--key-file", "--source"))
